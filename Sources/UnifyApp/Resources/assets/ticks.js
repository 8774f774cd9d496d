// Checking off. A row changes at once and stays where it is, so that the next click meets the row that it is meant for;
// what was clicked is sent behind that. When nobody has touched the list for a while, it is brought up to date.
const ticks = new Map()
const maxTicksAtOnce = 4
const restMilliseconds = 4000
const tickMilliseconds = 30000
let restless = null
let touchedAt = 0
let movedAt = 0
let broughtUpAt = 0

function tick(form) {
  const row = form.closest('li')
  const id = actionOf(form)
  const isDone = row.classList.contains('done')
  const one = ticks.get(id) || { action: id, stored: isDone, wanted: isDone, isBusy: false }
  one.check = row.querySelector('.check').id
  one.title = row.querySelector('.title').textContent
  one.fields = new URLSearchParams(new FormData(form))
  ticks.set(id, one)
  want(one, !one.wanted)
}

function want(one, isDone) {
  one.wanted = isDone
  ticks.set(one.action, one)
  showTicks()
  offer(isDone ? 'Checked off.' : 'Open again.', isDone ? () => undoTick(one) : null)
  touch()
  store()
}

function undoTick(one) {
  want(one, false)
  const form = formOf(one)
  if (form) form.querySelector('.check').focus()
  else refresh(() => true).then(() => focus(one.check, null))
}

function formOf(one) {
  return [...main.querySelectorAll('form[data-tick]')].find(form => actionOf(form) === one.action)
}

function showTicks() {
  for (const one of ticks.values()) {
    const form = formOf(one)
    if (!form) continue
    form.closest('li').classList.toggle('done', one.wanted)
    form.querySelector('.check').setAttribute('aria-checked', one.wanted)
  }
}

function store() {
  for (const one of ticks.values()) {
    if ([...ticks.values()].filter(other => other.isBusy).length >= maxTicksAtOnce) return
    if (!one.isBusy && one.wanted !== one.stored) storeOne(one)
  }
}

// What the server is sent; it goes on also when the page is left.
function post(one) {
  one.isBusy = true
  one.sent = one.wanted
  one.fields.set('done', one.sent)
  one.fields.set('quiet', 'true')
  return fetch(one.action, {
    method: 'POST', body: one.fields, headers: { Accept: 'text/html' }, keepalive: true,
    signal: AbortSignal.timeout(tickMilliseconds)
  })
}

async function storeOne(one) {
  work(1)
  let problem = null
  try {
    const response = await post(one)
    if (response.status !== 204) problem = reason(response, await response.text())
  } catch (error) {
    problem = 'There is no connection right now.'
  }
  one.isBusy = false
  work(-1)
  if (problem === null) {
    one.stored = one.sent
  } else if (one.wanted === one.sent) {
    one.wanted = one.stored
    showTicks()
    tell('“' + one.title + '” is as it was. ' + problem)
  }
  store()
  if (!isTicking()) for (const done of waiting.splice(0)) done()
}

function reason(response, text) {
  if (new URL(response.url).pathname === '/sign-in') return 'You are signed out. Sign in again, then check it off.'
  const detail = new DOMParser().parseFromString(text, 'text/html').querySelector('[data-detail]')
  return detail ? detail.textContent : 'Try again.'
}

const waiting = []
function isTicking() {
  return [...ticks.values()].some(one => one.isBusy || one.wanted !== one.stored)
}

// Resolves when everything that was checked off is stored.
function ticked() {
  return isTicking() ? new Promise(resolve => waiting.push(resolve)) : Promise.resolve()
}

function touch() {
  touchedAt = performance.now()
  if (!ticks.size) return
  clearTimeout(restless)
  restless = setTimeout(bringUp, restMilliseconds)
}

function isAtRest() {
  return performance.now() - touchedAt >= restMilliseconds && !isTicking()
}

// Brings the list up to date: what was checked off goes, unless the list shows it.
function bringUp() {
  if (!isAtRest() || working || main.querySelector('form.edit')) return touch()
  refresh(isAtRest)
}

function refresh(isDue) {
  return enqueue(async () => {
    const before = order()
    await exchange(location.href, { isRefresh: true, isDue, before: valuesOf(main) }, null)
    if (order() !== before) broughtUpAt = performance.now()
    if (isAtRest()) ticks.clear()
  })
}

// Which rows there are, from top to bottom.
function order() {
  return [...main.querySelectorAll('.tasks > li')].map(row => row.id).join(' ')
}

// Where rows have just moved under a pointer that rests, a click on whatever is there was meant for another row.
document.addEventListener('click', event => {
  const isByPointer = event.detail > 0
  if (!isByPointer || broughtUpAt <= movedAt || performance.now() - broughtUpAt >= 400 || !event.target.closest('.tasks')) return
  event.preventDefault()
  event.stopImmediatePropagation()
}, true)

document.addEventListener('submit', event => {
  if (!event.target.hasAttribute('data-tick')) return
  event.preventDefault()
  tick(event.target)
})

document.addEventListener('pointermove', event => {
  movedAt = performance.now()
  if (event.target.closest('.tasks')) touch()
})

// What was not sent yet is sent now. Two requests for one task could overtake each other, so none goes out beside another.
addEventListener('pagehide', () => {
  for (const one of ticks.values()) if (!one.isBusy && one.wanted !== one.stored) post(one).catch(() => {})
})

// What was undone while it was on its way can only be sent after that.
addEventListener('beforeunload', event => {
  if ([...ticks.values()].some(one => one.isBusy && one.wanted !== one.sent)) event.preventDefault()
})
