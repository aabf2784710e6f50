/** A page and a suite that uses every step of the web platform once: what a bundler breaks shows itself in one of them. */

/** The page. */
export const EVERY_VERB_PAGE = `<!doctype html><title>All</title><h1>All steps</h1>
<form action="/done"><label>Name <input name=n></label>
<label>Colour <select name=c><option>red</option><option value=b>blue</option></select></label>
<input type=checkbox id=ok><input type=file id=up><button>Go</button></form>
<div id=d ondblclick="this.textContent='double'" onmouseover="this.dataset.h=1" style="padding:20px">div</div>
<button onclick="confirm('x');this.textContent='asked'">Ask</button><ul><li>1<li>2<li>3</ul>
<div style="height:3000px"></div><p data-testid=end>end</p>
<script>document.cookie='a=b';document.querySelector('#up').onchange=(e)=>document.title=e.target.files[0].name</script>`;

/** The suite against a site that serves the page at `/all`, and at `/api` the request's cookies as JSON. Needs `a.txt` beside it. */
export function everyVerbSuite(url: string): string {
  return `
name: all
defaults: { baseUrl: "${url}", timeout: 60s, stepTimeout: 5s }
tests:
  - name: every verb
    steps:
      - goto: /all
      - expect: { title: All }
      - fill: { label: Name, value: "x" }
      - type: { label: Name, value: "yz", delay: 10 }
      - expect: { value: { label: Name }, equals: xyz }
      - press: { label: Name, key: End }
      - select: { label: Colour, option: blue }
      - check: "#ok"
      - expect: { checked: "#ok" }
      - uncheck: "#ok"
      - upload: { css: "#up", files: [a.txt] }
      - expect: { title: a.txt }
      - hover: "#d"
      - expect: { attribute: data-h, on: "#d", equals: "1" }
      - dblclick: "#d"
      - expect: { text: "#d", equals: double }
      - click: { role: button, name: Ask }
      - expect: { count: li, equals: 3 }
      - scroll: { to: { testId: end } }
      - scroll: top
      - wait: { for: "xpath=//h1" }
      - eval: { js: "[...document.querySelectorAll('li')].map((li) => li.textContent.trim()).join()", save: joined }
      - expect: { that: "$\{saved.joined}", equals: "1,2,3" }
      - save: { h: { text: h1 } }
      - request: { get: /api }
      - expect: { status: 200, json: { "$.cookie": "a=b" } }
      - screenshot: { name: full, fullPage: true }
      - screenshot: { name: element, on: "#d" }
      - expect: { texts: li, equals: ["1", "2", "3"] }
      - expect: { css: padding-top, on: "#d", equals: 20px }
      - expect: { accessibleName: button >> nth=0, equals: Go }
      - expect: { inViewport: "#d" }
      - expect: { aria: '- heading "All steps" [level=1]' }
      - expect: { a11y: { rules: [button-name, label], max: 9 } }
      - expect: { request: "**/all" }
      - expect: { console: { level: pageError, count: 0 } }
      - expect: { performance: { load: { above: 0 }, cls: { atMost: 1 } } }
      - expect: { screenshot: looks, on: "#d" }
      - eval: "document.querySelector('#d').style.color = 'rgb(1, 1, 1)'"
      - expect: { screenshot: looks, on: "#d" }
      - submit: form
      - expect: { url: { matches: "/done" } }
      - back: true
      - forward: true
      - reload: true
`;
}
