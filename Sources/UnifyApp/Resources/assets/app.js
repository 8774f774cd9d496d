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

// Puts the content of another page in the place of this one's.
async function swap(url, options, refocus, keepsHistory) {
  const mine = ++turn
  main.setAttribute('aria-busy', 'true')
  let response, text
  try {
    response = await fetch(url, { ...options, headers: { Accept: 'text/html', ...(options && options.headers) } })
    text = await response.text()
  } catch (error) {
    if (mine !== turn) return
    main.removeAttribute('aria-busy')
    return tell('The server cannot be reached. Try again.')
  }
  if (mine !== turn) return
  main.removeAttribute('aria-busy')
  const page = new DOMParser().parseFromString(text, 'text/html')
  const next = page.getElementById('main')
  const path = new URL(response.url).pathname
  if (!next || path === '/sign-in') return location.assign(response.url)
  // Searching as one types: what is being typed stays as it is.
  const typed = document.activeElement && document.activeElement.type === 'search' ? document.activeElement : null
  const state = typed && { id: typed.id, value: typed.value, start: typed.selectionStart, end: typed.selectionEnd }
  const notice = next.querySelector('#notice')
  main.replaceChildren(...[...next.childNodes].map(node => node === notice ? say(notice) : document.importNode(node, true)))
  document.title = page.title
  if (!keepsHistory) history.replaceState(null, '', clean(response.url))
  focus(refocus, state)
  begin()
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
  for (const name of ['notice', 'undo', 'edit']) address.searchParams.delete(name)
  return address.pathname + address.search
}

function focus(wish, state) {
  if (state) {
    const field = document.getElementById(state.id)
    if (field) {
      field.focus()
      field.value = state.value
      field.setSelectionRange(state.start, state.end)
      return
    }
  }
  const target = main.querySelector('[aria-invalid]') || (wish && (document.getElementById(wish) || main.querySelector('[data-focus="' + wish + '"]')))
  if (target) return target.focus()
  main.focus({ preventScroll: true })
}

document.addEventListener('submit', event => {
  const form = event.target
  unsaved = null
  if (!form.hasAttribute('data-swap')) return
  event.preventDefault()
  const body = new URLSearchParams(new FormData(form))
  if (form.method === 'get') {
    for (const [name, value] of [...body]) if (!value) body.delete(name)
    swap(form.action + (String(body) ? '?' + body : ''), {}, form.dataset.refocus)
  } else {
    swap(form.action, { method: 'POST', body }, form.dataset.refocus)
  }
})

document.addEventListener('click', event => {
  const link = event.target.closest('a[data-swap]')
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
  event.preventDefault()
  if (clean(link.href) !== location.pathname + location.search) history.pushState(null, '', clean(link.href))
  swap(link.href, {}, link.dataset.refocus)
})

addEventListener('popstate', () => swap(location.href, {}, null, true))

// Searching as one types.
let typing
document.addEventListener('input', event => {
  const form = event.target.closest('form[data-live]')
  if (form) {
    clearTimeout(typing)
    typing = setTimeout(() => form.requestSubmit(), event.target.type === 'search' ? 250 : 0)
  }
  if (event.target.closest('form[data-keep]')) unsaved = event.target.form
})

// What was written and not saved is not lost by a slip.
let unsaved = null
addEventListener('beforeunload', event => { if (unsaved && unsaved.isConnected) event.preventDefault() })

document.addEventListener('keydown', event => {
  const field = event.target
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && field.form) {
    event.preventDefault()
    field.form.requestSubmit()
  } else if (event.key === 's' && (event.ctrlKey || event.metaKey) && document.querySelector('form[data-keep]')) {
    event.preventDefault()
    document.querySelector('form[data-keep]').requestSubmit()
  } else if (event.key === 'Escape') {
    const cancel = field.closest('form') && field.closest('form').querySelector('[data-cancel]')
    if (cancel) cancel.click()
  } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && field.closest('.rows')) {
    // In a list the arrows go from row to row, to the same thing in it.
    if (['INPUT', 'TEXTAREA', 'SELECT'].includes(field.tagName)) return
    const row = field.closest('li')
    const other = event.key === 'ArrowDown' ? row.nextElementSibling : row.previousElementSibling
    if (!other) return
    const place = [...row.querySelectorAll('a, button')].indexOf(field)
    const targets = other.querySelectorAll('a, button')
    if (!targets.length) return
    event.preventDefault()
    targets[Math.min(Math.max(place, 0), targets.length - 1)].focus()
  }
})

// What changes by itself: the server sends it as HTML, whole each time, so that nothing is missed when the line breaks.
let stream = null
function begin() {
  const places = document.querySelectorAll('[data-stream]')
  const url = places.length ? places[0].dataset.stream : null
  if (stream && stream.address === url) return
  if (stream) stream.source.close()
  stream = null
  if (!url) return
  const source = new EventSource(url)
  stream = { source, address: url }
  source.addEventListener('part', event => {
    const place = document.querySelector('[data-stream]')
    if (!place || place.contains(document.activeElement)) return
    const parsed = new DOMParser().parseFromString(event.data, 'text/html')
    place.replaceChildren(...[...parsed.body.childNodes].map(node => document.importNode(node, true)))
  })
  const state = document.getElementById('stream-state')
  source.addEventListener('open', () => { if (state) state.textContent = 'Live' })
  source.addEventListener('error', () => {
    if (state) state.textContent = source.readyState === EventSource.CLOSED ? 'Not live: load the page again' : 'Reconnecting…'
  })
}

history.replaceState(null, '', clean(location.href))
begin()
