// Writes `html` of each case of corpus.json: what @portabletext/to-html makes of `body`. The Rust test in src/body/html.rs expects the same
// bytes from us. Add a case with "name" and "body" and run, in this folder:
//
//   npm install --no-save --no-package-lock @portabletext/to-html@5
//   node corpus.mjs            (node corpus.mjs --check only compares)
//
// What the package has a default for is left to it. Below stands our form of what it does not know.

import {readFileSync, writeFileSync} from 'node:fs'
import {escapeHTML, toHTML} from '@portabletext/to-html'

const NOWHERE = '00000000-0000-0000-0000-000000000000'
const RTL = ['ar', 'fa', 'ug', 'kk-Arab', 'he-IL']

const attribute = (text) => text.replace(/[&<>"']/g, (c) => ({'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;'})[c])
const lines = (text) => text.split('\n').map(escapeHTML).join('<br/>')
const wrapped = (open, text, close) => (text ? open + lines(text) + close : '')

// As `house` in src/body/html.rs.
const house = ({article, language}) => (article === NOWHERE ? null : `https://news.example/${language ?? 'auto'}/${article}?a&b`)

const components = {
  marks: {
    sub: ({children}) => `<sub>${children}</sub>`,
    sup: ({children}) => `<sup>${children}</sup>`,
    internal_link: ({value, children}) => {
      const url = house(value)
      return url === null ? children : `<a href="${attribute(url)}">${children}</a>`
    },
    language: ({value, children}) => {
      const direction = RTL.includes(value.language) ? 'rtl' : 'ltr'
      const translate = value.translate === false ? ' translate="no"' : ''
      return `<span lang="${attribute(value.language)}" dir="${direction}"${translate}>${children}</span>`
    },
  },
  types: {
    image: ({value: {url, alt, caption, credit}}) => {
      const texts = [wrapped('', caption, ''), wrapped('<span class="credit">', credit, '</span>')].filter((text) => text !== '')
      const figcaption = texts.length > 0 ? `<figcaption>${texts.join(' ')}</figcaption>` : ''
      return `<figure class="image"><img src="${attribute(url)}" alt="${attribute(alt)}" loading="lazy" />${figcaption}</figure>`
    },
    embed: ({value: {url, title, provider}}) =>
      `<figure class="embed"><a href="${attribute(url)}">${lines(title || url)}</a>` +
      `${wrapped('<figcaption>', provider, '</figcaption>')}</figure>`,
    pull_quote: ({value: {text, attribution}}) =>
      `<aside class="pull-quote"><blockquote>${wrapped('<p>', text, '</p>')}</blockquote>` +
      `${wrapped('<p class="attribution">', attribution, '</p>')}</aside>`,
    fact_box: ({value: {title, content}}) =>
      `<aside class="fact-box">${wrapped('<h2>', title, '</h2>')}${toHTML(content, {components})}</aside>`,
    break: () => '<hr />',
  },
}

const onMissingComponent = (message) => {
  throw new Error(message)
}

const file = new URL('corpus.json', import.meta.url)
const corpus = JSON.parse(readFileSync(file, 'utf8'))
const check = process.argv.includes('--check')
for (const entry of corpus) {
  const html = toHTML(entry.body, {components, onMissingComponent})
  if (check && entry.html !== html) throw new Error(`${entry.name}: ${html}`)
  entry.html = html
}
if (!check) {
  const entries = corpus.map(({name, body, html}) => {
    const blocks = body.map((block) => `   ${JSON.stringify(block)}`).join(',\n')
    return ` {"name": ${JSON.stringify(name)},\n  "body": [\n${blocks}],\n  "html": ${JSON.stringify(html)}}`
  })
  writeFileSync(file, `[\n${entries.join(',\n')}\n]\n`)
}
console.log(`${corpus.length} bodies`)
