/** The page that tests of acts play against, and the short forms of their steps. */
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { css, openOn, type Played, type PlayOptions, type Site, serve } from "./stage.ts";
import { check } from "./web-site.ts";

const PAGE = `<!doctype html><title>acts</title><style>body { margin: 0 } .box { width: 60px; height: 60px; background: #ccc }</style>
<p id=log></p>
<div id=card class=box draggable=true>card</div><div id=bin class=box>bin</div>
<div id=knob class=box style="position:absolute;left:300px;top:100px">knob</div>
<div id=veil style="position:absolute;left:500px;top:0;width:50px;height:50px">veil</div>
<div id=zone class=box>zone</div><div id=shut class=box>shut</div>
<div id=pane style="width:100px;height:100px;overflow:auto"><div style="height:900px">long</div></div>
<input id=name value="old text"><input id=check type=checkbox>
<select id=size><option>S<option>M<option>L</select><select id=many multiple><option>A<option>B<option>C</select>
<input id=file type=file hidden><button id=choose onclick="file.click()">Choose</button>
<button id=touch>touch</button><p id=prose>Some prose</p>
<div style="position:relative;width:60px;height:30px"><i id=under style="position:absolute;inset:0">under</i><b id=cover style="position:absolute;inset:0"></b></div><input id=secret type=password>
<iframe id=inner srcdoc="<title>inner</title><script>window.inside = 42</script>"></iframe>
<script>
const log = (text) => { document.querySelector("#log").textContent += text + " " };
const on = (id, name, act) => document.querySelector(id).addEventListener(name, act);
on("#card", "dragstart", (event) => event.dataTransfer.setData("text/plain", "the card"));
on("#bin", "dragover", (event) => event.preventDefault());
on("#bin", "drop", (event) => log("dropped:" + event.dataTransfer.getData("text/plain")));
on("#zone", "dragover", (event) => event.preventDefault());
on("#zone", "drop", (event) => { event.preventDefault(); const [file] = event.dataTransfer.files;
  if (file) file.text().then((text) => log("file:" + file.name + ":" + text)); else log("text:" + event.dataTransfer.getData("text/plain")) });
let held; const knob = document.querySelector("#knob");
on("#knob", "mousedown", (event) => { held = { x: event.clientX - knob.offsetLeft, y: event.clientY - knob.offsetTop }; event.preventDefault() });
addEventListener("mousemove", (event) => { if (held) { knob.style.left = event.clientX - held.x + "px"; knob.style.top = event.clientY - held.y + "px" } });
addEventListener("mouseup", () => { if (held) log("let go"); held = undefined });
addEventListener("keydown", (event) => { if (!event.repeat) log("+" + event.key) });
addEventListener("keyup", (event) => log("-" + event.key));
on("#name", "focus", () => log("focus")); on("#name", "blur", () => log("blur"));
on("#touch", "touchstart", () => log("touched"));
let downAt = 0; on("#touch", "mousedown", () => { downAt = performance.now() });
on("#touch", "click", (event) => log("click:" + event.detail + ":" + event.shiftKey + (performance.now() - downAt > 40 ? ":held" : "")));
on("#touch", "dblclick", (event) => log("double:" + (event.offsetX < 5 && event.offsetY < 6 ? "corner" : "middle")));
on("#cover", "mouseover", () => log("over cover"));
on("#veil", "mouseenter", () => log("veil"));
on("#file", "change", (event) => log("chosen:" + event.target.files[0].name));
</script>`;

/** Serves the page. */
export function serveActs(): Promise<Site> {
  return serve({ "/": PAGE });
}

/** Opens a session on the page, and closes it after `act`. */
export async function playActs(
  at: { readonly slot: DriverSlot; readonly url: string },
  act: (played: Played) => Promise<void>,
  options: PlayOptions = {},
): Promise<void> {
  const played = await openOn(at.slot, { baseUrl: at.url, ...options });
  try {
    await played.play({ kind: "goto", url: "/" });
    await act(played);
  } finally {
    await played.close();
  }
}

/** A step on one element. */
export const on = (kind: string, selector: string, more: object = {}) => ({
  kind,
  locator: css(selector),
  ...more,
});
/** What the page says that has happened to it. */
export const logged = (text: string) =>
  check({ of: "text", locator: css("#log") }, { contains: text });
export const valueIs = (selector: string, value: string) =>
  check({ of: "value", locator: css(selector) }, { equals: value });
