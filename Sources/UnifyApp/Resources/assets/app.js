// Everything here works without this script too; with it pages change in place, and keep the keyboard's place.
'use strict'

document.documentElement.classList.add('js')

// The server shows times in the reader's zone.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
if (zone && !document.cookie.includes('unify_zone=' + encodeURIComponent(zone))) {
  document.cookie = 'unify_zone=' + encodeURIComponent(zone) + '; path=/; max-age=31536000; samesite=lax'
}

const main = document.getElementById('main')
let shown = address()

function address() {
  return location.pathname + location.search
}

// How many requests are under way: while there are any, the page says that it is busy, and a bar shows after a moment.
let working = 0
function work(step) {
  working += step
  if (working) main.setAttribute('aria-busy', 'true')
  else main.removeAttribute('aria-busy')
}

// Where a form goes to. A field may have the name of a property of forms, which then is the field: `form.action` is not
// asked.
function actionOf(form) {
  return new URL(form.getAttribute('action') || '', location.href).href
}

// What is clicked while something is being sent waits for its turn, in the order of the clicks. Of pages that are asked
// for only the last one counts. A form that is sent twice without a change, by a double click, is sent once.
let queue = Promise.resolve()
const answerMilliseconds = 60000
let reading = null
const sending = new WeakSet()
function swap(url, options) {
  const { form, body } = options
  if (body && sending.has(form)) return
  if (body) sending.add(form)
  const turn = body ? null : new AbortController()
  if (turn && reading) reading.abort()
  reading = turn || reading
  const before = valuesOf(main)
  enqueue(() => exchange(url, { ...options, before }, turn))
}

// What fails says so, and does not hold up what comes after it.
function enqueue(step) {
  queue = queue.then(step).catch(error => {
    console.error(error)
    tell('Something on this page went wrong. Load the page again to see what was done.')
  })
  return queue
}

// Puts the content of another page in the place of this one's; of a list that is searched only what was found, so that
// the form stays as it is.
async function exchange(url, options, turn) {
  const { form, body, isSearch, isRefresh, isDue, pushes, keepsHistory } = options
  await ticked()
  if (turn && turn.signal.aborted) return
  work(1)
  const control = turn || new AbortController()
  let response, text, isLate = false
  const limit = setTimeout(() => {
    isLate = true
    control.abort()
  }, answerMilliseconds)
  try {
    response = await fetch(url, { method: body ? 'POST' : 'GET', body, headers: { Accept: 'text/html' }, signal: control.signal })
    text = await response.text()
  } catch (error) {
    text = null
  }
  clearTimeout(limit)
  work(-1)
  if (form) sending.delete(form)
  if (turn && turn.signal.aborted && !isLate) return
  if (isRefresh && (text === null || !response.ok || !isDue())) return
  if (text === null) return tell(noAnswer(isLate, body))
  const page = new DOMParser().parseFromString(text, 'text/html')
  const next = page.getElementById('main')
  const isSignIn = new URL(response.url).pathname === '/sign-in'
  // A refresh is nobody's wish: where it cannot be had, the page stays as it is, with all that is half written.
  if (isRefresh && (!next || isSignIn)) return
  // What could not be stored stays where it was written.
  if (body && isSignIn && isUnsaved()) return tell('You are signed out. Sign in in another tab, then save again.')
  const problem = next && next.querySelector('[data-problem]')
  if (problem && (body || isSearch)) return tell('Not done. ' + problem.querySelector('[data-detail]').textContent)
  if (!next || isSignIn) return location.assign(response.url)
  document.title = page.title
  // An address that only forms are sent to is none to come back to.
  if (!keepsHistory && !isRefresh && (!body || response.redirected)) {
    const address = clean(response.url)
    history[pushes && address !== shown ? 'pushState' : 'replaceState'](null, '', address)
    shown = address
  }
  if (keepsHistory) shown = address()
  if (!(isSearch || isRefresh) || !replaceParts(next, isRefresh)) replaceAll(next, options)
  showTicks()
  begin()
}

// What was sent may have been done although no answer came.
function noAnswer(isLate, isSent) {
  return (isLate ? 'There was no answer for a minute. ' : 'There is no connection right now. ') +
    (isSent ? 'What you sent may not have been saved: check before you try again.' : 'Try again in a moment.')
}

// What the fields hold, by their ids.
function valuesOf(place) {
  return new Map([...place.querySelectorAll('input, select, textarea')].filter(field => field.id).map(field => [field.id, field.value]))
}

function isEdited(field) {
  if (field.options) return [...field.options].some(option => option.selected !== option.defaultSelected)
  return field.value !== field.defaultValue
}

// What was written and is not what the answer is about: in the form that was sent and in searches what has changed since
// it was sent, in all other forms what has been written at all.
function written({ form, before }) {
  return [...main.querySelectorAll('input, select, textarea')].filter(field => {
    if (!field.id || !field.form) return false
    const isAsked = field.form.hasAttribute('data-live') || (form && actionOf(field.form) === actionOf(form))
    return isAsked ? before.get(field.id) !== field.value : isEdited(field)
  }).map(field => {
    const action = actionOf(field.form)
    return { id: field.id, value: field.value, action: form && action === actionOf(form) ? null : action }
  })
}

function replaceAll(next, options) {
  const kept = written(options)
  const field = document.activeElement
  const isTyping = kept.some(one => field.id === one.id)
  const selection = isTyping && 'selectionStart' in field ? [field.selectionStart, field.selectionEnd] : [null]
  const place = placeInList()
  const notice = next.querySelector('#notice')
  main.replaceChildren(...[...next.childNodes].map(node => node === notice ? say(notice) : document.importNode(node, true)))
  const refused = main.querySelector('form[data-keep] [aria-invalid]')
  unsaved = refused && refused.form
  for (const { id, value, action } of kept) {
    const other = document.getElementById(id)
    if (!other || !other.form || (action && actionOf(other.form) !== action) || other.value === value) continue
    other.value = value
    if (other.form.hasAttribute('data-keep')) unsaved = other.form
    if (other.form.hasAttribute('data-live')) other.form.requestSubmit()
  }
  const same = isTyping && document.getElementById(field.id)
  if (!same) return options.list ? showList(options.list) : focus(options.refocus, place)
  same.focus()
  if (selection[0] !== null) same.setSelectionRange(...selection)
}

// Replaces what has the same name in both; false where the other page has not all of it.
function replaceParts(next, keepsNotice) {
  const pairs = [...main.querySelectorAll('[data-part]')].map(part => [part, next.querySelector('[data-part="' + part.dataset.part + '"]')])
  if (!pairs.length || !pairs.every(pair => pair[1])) return false
  const place = pairs.some(pair => pair[0].contains(document.activeElement)) && placeInList()
  for (const [part, other] of pairs) part.replaceWith(document.importNode(other, true))
  if (place) focusRow(place)
  if (!keepsNotice) region.replaceChildren()
  return true
}

// The head of a list, whose next page has come: the keyboard goes on at its first row.
function showList(where) {
  const list = main.querySelector(where) || main
  const row = list.querySelector('.rows > li, tbody > tr')
  if (!row) return focus(null, null)
  const head = row.closest('.day, .scroll') || row
  head.scrollIntoView({ block: 'start' })
  const target = things(row)[0] || head
  target.focus({ preventScroll: true })
}

// Whether to go on, where that loses what was written.
function mayLeave() {
  return !isUnsaved() || confirm('What you have written is not saved. Leave it?')
}

// The status region itself stays, so that readers are told of what it says.
const region = document.getElementById('notice')
function say(notice) {
  region.replaceChildren(...[...notice.childNodes].map(node => document.importNode(node, true)))
  return region
}

function tell(text) {
  const box = document.createElement('div')
  box.className = 'notice bad'
  box.textContent = text
  region.replaceChildren(box)
}

// What was done, with a button that undoes it.
function offer(text, undo) {
  const [box, words, button] = ['div', 'span', 'button'].map(name => document.createElement(name))
  box.className = 'notice'
  words.textContent = text
  button.type = 'button'
  button.textContent = 'Undo'
  button.addEventListener('click', undo)
  box.append(words, ...(undo ? [button] : []))
  region.replaceChildren(box)
}

// What a page had to say is said once.
function clean(url) {
  const address = new URL(url)
  for (const name of ['notice', 'edit']) address.searchParams.delete(name)
  return address.pathname + address.search
}

// Where in a list the keyboard is: which row, and which thing in it.
function placeInList() {
  const row = document.activeElement && document.activeElement.closest('.rows > li')
  return row && { id: row.id, row: rows().indexOf(row), thing: things(row).indexOf(document.activeElement) }
}

// After a change that nobody asked for: the same thing in the same row. Where that row is gone, the row in its place as a
// whole, not a button of it: a key that is pressed at this moment was meant for the row that went.
function focusRow(place) {
  const same = place.id && document.getElementById(place.id)
  const row = same || rows()[Math.min(place.row, rows().length - 1)]
  if (!row) return focus(null, null)
  const target = (same && things(row)[place.thing]) || row
  if (target === row) row.tabIndex = -1
  target.focus({ preventScroll: true })
}

function rows() {
  return [...main.querySelectorAll('.rows > li')]
}

function things(row) {
  return [...row.querySelectorAll('a, button')]
}

function focus(wish, place) {
  const target = main.querySelector('[aria-invalid]') || (wish && (document.getElementById(wish) || main.querySelector('[data-focus="' + wish + '"]')))
  if (target) return target.focus()
  // What had the focus is gone: what has come in its place has it.
  const left = place ? rows() : []
  if (left.length) {
    const there = things(left[Math.min(place.row, left.length - 1)])
    if (there.length) return there[Math.min(Math.max(place.thing, 0), there.length - 1)].focus()
  }
  main.focus({ preventScroll: true })
}

document.addEventListener('submit', event => {
  const form = event.target
  if (!form.hasAttribute('data-swap')) {
    if (form === unsaved) unsaved = null
    return
  }
  event.preventDefault()
  const body = new URLSearchParams(new FormData(form))
  if (form.getAttribute('method') === 'get') {
    for (const [name, value] of [...body]) if (!value) body.delete(name)
    swap(actionOf(form) + (String(body) ? '?' + body : ''), { isSearch: form.hasAttribute('data-live') })
  } else {
    swap(actionOf(form), { form, body, refocus: form.dataset.refocus })
  }
})

document.addEventListener('click', event => {
  const link = event.target.closest('a[data-swap]')
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
  event.preventDefault()
  if (mayLeave()) swap(link.href, { refocus: link.dataset.refocus, list: link.closest('.pager') && listOf(link), pushes: true })
})

// Which list of the page a link to more of it is in.
function listOf(link) {
  const part = link.closest('[data-part], section[aria-labelledby]')
  if (!part) return '#main'
  return part.dataset.part ? '[data-part="' + part.dataset.part + '"]' : '[aria-labelledby="' + part.getAttribute('aria-labelledby') + '"]'
}

// A step to another place of the same page changes nothing of it.
addEventListener('popstate', () => {
  if (address() === shown) return
  if (mayLeave()) swap(location.href, { keepsHistory: true })
  else history.pushState(null, '', shown)
})

// Searching as one types; and what was written and not saved is not lost by a slip.
let pause
let unsaved = null
document.addEventListener('input', event => {
  const form = event.target.form
  // What was changed since it was sent is something else to send.
  if (form) sending.delete(form)
  if (form && form.hasAttribute('data-live')) {
    clearTimeout(pause)
    pause = setTimeout(() => form.requestSubmit(), event.target.type === 'search' ? 250 : 0)
  }
  if (form && form.hasAttribute('data-keep')) unsaved = form
})

function isUnsaved() {
  return unsaved !== null && unsaved.isConnected
}

addEventListener('beforeunload', event => { if (isUnsaved()) event.preventDefault() })

// A page that the browser had put aside no longer knows what came of its requests.
addEventListener('pageshow', event => { if (event.persisted && !isUnsaved()) location.reload() })

document.addEventListener('keydown', event => {
  const field = event.target
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && field.form) {
    event.preventDefault()
    field.form.requestSubmit()
  } else if (event.key === 's' && (event.ctrlKey || event.metaKey) && document.querySelector('form[data-keep]')) {
    event.preventDefault()
    document.querySelector('form[data-keep]').requestSubmit()
  } else if (event.key === 'Escape') {
    const cancel = field.form && field.form.querySelector('[data-cancel]')
    if (cancel) cancel.click()
  } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && field.closest('.rows')) {
    // In a list the arrows go from row to row, to the same thing in it.
    if (['INPUT', 'TEXTAREA', 'SELECT'].includes(field.tagName)) return
    const row = field.closest('li')
    const other = rows()[rows().indexOf(row) + (event.key === 'ArrowDown' ? 1 : -1)]
    if (!other) return
    const place = things(row).indexOf(field)
    const targets = things(other)
    if (!targets.length) return
    event.preventDefault()
    targets[Math.min(Math.max(place, 0), targets.length - 1)].focus()
  }
})

// A password can be looked at while it is typed.
function offerToShow() {
  for (const field of document.querySelectorAll('input[type=password]:not([data-shown])')) {
    field.dataset.shown = 'false'
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'quiet reveal'
    const show = isShown => {
      field.type = isShown ? 'text' : 'password'
      field.dataset.shown = isShown
      button.textContent = isShown ? 'Hide' : 'Show'
      button.setAttribute('aria-label', (isShown ? 'Hide' : 'Show') + ' what is typed as ' + field.labels[0].textContent.toLowerCase())
    }
    button.addEventListener('click', () => show(field.type === 'password'))
    // Whoever sends the form may be watched: what is kept of it for the next time is a password again.
    field.form.addEventListener('submit', () => show(false))
    show(false)
    field.after(button)
  }
}

// What changes by itself: the server sends it as HTML, whole each time, so that nothing is missed when the line breaks.
let stream = null
function begin() {
  offerToShow()
  const place = document.querySelector('[data-stream]')
  const url = place && place.dataset.stream
  if (stream && stream.address === url) return tellState(stream.state)
  if (stream) stream.source.close()
  stream = null
  if (!url) return
  const source = new EventSource(url)
  stream = { source, address: url, state: '' }
  source.addEventListener('part', event => {
    const place = document.querySelector('[data-stream]')
    if (!place || place.contains(document.activeElement)) return
    const parsed = new DOMParser().parseFromString(event.data, 'text/html')
    place.replaceChildren(...[...parsed.body.childNodes].map(node => document.importNode(node, true)))
  })
  source.addEventListener('open', () => tellState('Live'))
  source.addEventListener('error', () => {
    tellState(source.readyState === EventSource.CLOSED ? 'Not live: load the page again' : 'Reconnecting…')
  })
}

function tellState(text) {
  stream.state = text
  const place = document.getElementById('stream-state')
  if (place) place.textContent = text
}

// Where the tabs of the console are wider than a phone, the current one is to be seen.
const tab = document.querySelector('.side [aria-current]')
if (tab) tab.parentElement.parentElement.parentElement.scrollLeft = tab.offsetLeft - 40

history.replaceState(null, '', clean(location.href) + location.hash)
shown = address()
begin()
