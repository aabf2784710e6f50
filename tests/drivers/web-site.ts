/** The site and the short forms that web driver tests play against. */
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { openOn, type Played, type Site, serve } from "./stage.ts";

const SHOP = `<!doctype html><title> The   Shop </title>
<h1>Shop</h1>
<button id=add onclick="document.querySelector('#count').textContent = ' ' + (++window.n) + ' '">Add to cart</button>
<button disabled>Buy</button>
<span id=count>0</span>
<label>E-mail <input id=mail value=old></label>
<input placeholder="Your name" id=name>
<input type=checkbox id=agree>
<select id=size><option value=s>Small<option value=l>Large</select>
<select id=many multiple><option>A<option>B<option>C</select>
<p class=item>one</p><p class=item>two</p>
<p id=gone style="display:none">hidden words</p>
<p id=upper style="text-transform:uppercase">loud</p>
<div data-testid=deep><b>In</b>side</div>
<input type=file id=file>
<div style="height:3000px"></div><i id=bottom>end</i>
<script>window.n = 0</script>`;

const MORE = `<!doctype html><title>none</title>
<p id=over onmouseover="document.title='over'" ondblclick="document.title='double'">Over here</p>
<p id=right oncontextmenu="document.title = event.button + ' ' + event.shiftKey; return false">Right</p>
<input type=file id=file onchange="file.files[0].text().then((t) => document.title = file.files[0].name + ' ' + t.length)">
<ul><li><button onclick="document.title='one'">one</button><li><button onclick="document.title='two'">two</button></ul>
<svg><text y=20>drawn</text></svg><div id=boxless style="display:contents"><i>inside</i></div>
<button id=later disabled>Later</button>
<script>
document.onkeydown = (event) => { if (event.key !== 'Control') document.title = event.key + (event.ctrlKey ? ' with Control' : '') };
setTimeout(() => { later.disabled = false }, 300);
</script>`;

/** Serves the pages. */
export function servePages(): Promise<Site> {
  return serve({
    "/": SHOP,
    "/more": MORE,
    "/done": "<h1>Thank you</h1>",
    "/late": `<div id=box></div><script>setTimeout(() => { box.textContent = 'now' }, 400)</script>`,
    "/dialog": `<button onclick="document.title = String(confirm('Sure?'))">Ask</button>`,
    "/popup": `<a href=/done target=_blank>Open</a>`,
    "/covered": `<button>Under</button><div id=veil style="position:fixed;inset:0"></div>`,
    "/busy": `<button onclick="for(;;){}">Hang</button>`,
    "/slow": () => undefined,
    "/cookie": (request, response) => {
      response.setHeader("set-cookie", "seen=1; Path=/");
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ cookie: request.headers.cookie ?? "", n: 3 }));
    },
  });
}

/** Opens a session on a path of a site, and closes it after `act`. */
export async function playPage<T>(
  on: { readonly slot: DriverSlot; readonly url: string },
  path: string,
  act: (played: Played) => Promise<T>,
): Promise<T> {
  const played = await openOn(on.slot, { baseUrl: on.url });
  try {
    await played.play({ kind: "goto", url: path });
    return await act(played);
  } finally {
    await played.close();
  }
}

/** An expectation of one demand. */
export const check = (subject: object, matcher?: object) => ({
  kind: "expect",
  checks: [{ subject, ...(matcher === undefined ? {} : { matcher }) }],
});
