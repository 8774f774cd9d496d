// Everything here works without this script too; with it pages change in place, and keep the keyboard's place.
'use strict'

document.documentElement.classList.add('js')

// The server shows times in the reader's zone.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
if (zone && !document.cookie.includes('unify_zone=' + encodeURIComponent(zone))) {
  document.cookie = 'unify_zone=' + encodeURIComponent(zone) + '; path=/; max-age=31536000; samesite=lax'
}

const main = document.getElementById('main')
let turn = 0
let shown = address()

function address() {
  return location.pathname + location.search
}

// Puts the content of another page in the place of this one's; of a list that is searched only what was found, so that
// the form stays as it is. Nothing else is begun while something is being sent.
let isSending = false
async function swap(url, { form, body, refocus, isSearch, pushes, keepsHistory }) {
  if (isSending) return
  const mine = ++turn
  const sent = form && valuesOf(form)
  isSending = Boolean(body)
  main.setAttribute('aria-busy', 'true')
  let response, text
  try {
    response = await fetch(url, { method: body ? 'POST' : 'GET', body, headers: { Accept: 'text/html' } })
    text = await response.text()
  } catch (error) {
    text = null
  }
  if (mine !== turn) return
  isSending = false
  main.removeAttribute('aria-busy')
  if (text === null) return tell('The server cannot be reached. Nothing was changed here; try again.')
  const page = new DOMParser().parseFromString(text, 'text/html')
  const next = page.getElementById('main')
  const isSignIn = new URL(response.url).pathname === '/sign-in'
  // What could not be stored stays where it was written.
  if (body && isSignIn && isUnsaved()) return tell('You are signed out. Sign in in another tab, then save again.')
  const problem = next && next.querySelector('[data-problem]')
  if (problem && (body || isSearch)) return tell('Not done. ' + problem.querySelector('[data-detail]').textContent)
  if (!next || isSignIn) return location.assign(response.url)
  document.title = page.title
  // An address that only forms are sent to is none to come back to.
  if (!keepsHistory && (!body || response.redirected)) {
    const address = clean(response.url)
    history[pushes && address !== shown ? 'pushState' : 'replaceState'](null, '', address)
  }
  shown = address()
  if (!isSearch || !replaceParts(next)) replaceAll(next, form, sent, refocus)
  begin()
}

// What the fields of a form hold, by their ids.
function valuesOf(form) {
  return new Map([...form.elements].filter(field => field.id && 'value' in field).map(field => [field.id, field.value]))
}

function replaceAll(next, form, sent, refocus) {
  // What was typed since it was sent is not what the answer is about, and stays.
  const typed = form && form.isConnected ? [...valuesOf(form)].filter(([id, value]) => sent.get(id) !== value) : []
  const field = document.activeElement
  const isTyping = typed.some(([id]) => field.id === id)
  const selection = isTyping && 'selectionStart' in field ? [field.selectionStart, field.selectionEnd] : [null]
  const place = placeInList()
  const notice = next.querySelector('#notice')
  main.replaceChildren(...[...next.childNodes].map(node => node === notice ? say(notice) : document.importNode(node, true)))
  const refused = main.querySelector('form[data-keep] [aria-invalid]')
  unsaved = refused && refused.form
  for (const [id, value] of typed) {
    const other = document.getElementById(id)
    if (!other) continue
    other.value = value
    if (other.form && other.form.hasAttribute('data-keep')) unsaved = other.form
  }
  const same = isTyping && document.getElementById(field.id)
  if (!same) return focus(refocus, place)
  same.focus()
  if (selection[0] !== null) same.setSelectionRange(...selection)
}

// Replaces what has the same name in both; false where the other page has not all of it.
function replaceParts(next) {
  const pairs = [...main.querySelectorAll('[data-part]')].map(part => [part, next.querySelector('[data-part="' + part.dataset.part + '"]')])
  if (!pairs.length || !pairs.every(pair => pair[1])) return false
  for (const [part, other] of pairs) part.replaceWith(document.importNode(other, true))
  region.replaceChildren()
  return true
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

// What a page had to say is said once.
function clean(url) {
  const address = new URL(url)
  for (const name of ['notice', 'edit']) address.searchParams.delete(name)
  return address.pathname + address.search
}

// Where in a list the keyboard is: which row, and which thing in it.
function placeInList() {
  const row = document.activeElement && document.activeElement.closest('.rows > li')
  return row && { row: [...row.parentNode.children].indexOf(row), thing: things(row).indexOf(document.activeElement) }
}

function things(row) {
  return [...row.querySelectorAll('a, button')]
}

function focus(wish, place) {
  const target = main.querySelector('[aria-invalid]') || (wish && (document.getElementById(wish) || main.querySelector('[data-focus="' + wish + '"]')))
  if (target) return target.focus()
  // What had the focus is gone: what has come in its place has it.
  const rows = place ? main.querySelectorAll('.rows > li') : []
  if (rows.length) {
    const there = things(rows[Math.min(place.row, rows.length - 1)])
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
  if (form.method === 'get') {
    for (const [name, value] of [...body]) if (!value) body.delete(name)
    swap(form.action + (String(body) ? '?' + body : ''), { isSearch: form.hasAttribute('data-live') })
  } else {
    swap(form.action, { form, body, refocus: form.dataset.refocus })
  }
})

document.addEventListener('click', event => {
  const link = event.target.closest('a[data-swap]')
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
  event.preventDefault()
  if (mayLeave()) swap(link.href, { refocus: link.dataset.refocus, pushes: true })
})

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
    const other = event.key === 'ArrowDown' ? row.nextElementSibling : row.previousElementSibling
    if (!other) return
    const place = things(row).indexOf(field)
    const targets = things(other)
    if (!targets.length) return
    event.preventDefault()
    targets[Math.min(Math.max(place, 0), targets.length - 1)].focus()
  }
})

// What changes by itself: the server sends it as HTML, whole each time, so that nothing is missed when the line breaks.
let stream = null
function begin() {
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

history.replaceState(null, '', clean(location.href) + location.hash)
shown = address()
begin()
