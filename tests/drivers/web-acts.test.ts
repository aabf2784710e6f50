/** Pointer, keys, touch and clipboard in finer grain than a click, against real Chromium. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { css, openOn, type Played, type PlayOptions, type Site, serve, textOf } from "./stage.ts";
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

let site: Site;
let slot: DriverSlot;

beforeAll(async () => {
  site = await serve({ "/": PAGE });
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

async function withPage(act: (played: Played) => Promise<void>, options: PlayOptions = {}) {
  const played = await openOn(slot, { baseUrl: site.url, ...options });
  try {
    await played.play({ kind: "goto", url: "/" });
    await act(played);
  } finally {
    await played.close();
  }
}

const on = (kind: string, selector: string, more: object = {}) => ({
  kind,
  locator: css(selector),
  ...more,
});
const logged = (text: string) => check({ of: "text", locator: css("#log") }, { contains: text });
const valueIs = (selector: string, value: string) =>
  check({ of: "value", locator: css(selector) }, { equals: value });

describe("pointer", () => {
  test("drags by drag events and by the mouse, turns the wheel, moves, holds and lets go", () =>
    withPage(async ({ play, saved }) => {
      await play({
        kind: "drag",
        from: css("#card"),
        to: { kind: "locator", locator: css("#bin") },
      });
      await play(logged("dropped:the card"));
      await play({ kind: "drag", from: css("#knob"), to: { kind: "by", x: -50, y: 40 } });
      await play({ kind: "eval", js: "[knob.offsetLeft, knob.offsetTop]", save: "knob" });
      expect(saved["knob"]).toEqual([250, 140]);
      await play(logged("let go"));
      await play(on("wheel", "#pane", { y: 120 }));
      await play({
        kind: "eval",
        js: "new Promise((done) => { const look = () => pane.scrollTop > 0 ? done(pane.scrollTop) : requestAnimationFrame(look); look() })",
        save: "top",
      });
      expect(saved["top"]).toBeGreaterThan(0);
      await play({ kind: "mouse", action: "move", at: { kind: "point", x: 510, y: 20 } });
      await play(logged("veil"));
      await play({
        kind: "mouse",
        action: "down",
        button: "left",
        at: { kind: "locator", locator: css("#knob") },
      });
      await play({ kind: "mouse", action: "move", at: { kind: "point", x: 430, y: 230 } });
      await play({ kind: "mouse", action: "up", button: "left" });
      await play({ kind: "eval", js: "[knob.offsetLeft, knob.offsetTop]", save: "knob" });
      expect(saved["knob"]).toEqual([400, 200]);
    }));

  test("clicks in a row, holds, meets a corner, and what is covered only by force", () =>
    withPage(async ({ play, failed }) => {
      await play(on("click", "#touch", { count: 3, delayMs: 60, modifiers: ["Shift"] }));
      await play(logged("click:3:true:held"));
      await play(on("dblclick", "#touch", { position: { x: 2, y: 3 } }));
      await play(logged("double:corner"));
      await play(on("hover", "#under", { force: true }));
      await play(logged("over cover"));
      expect((await failed(on("click", "#under"), 300)).message).toContain(
        'the element is covered: <b id="cover"',
      );
      await play(on("click", "#under", { force: true }));
    }));

  test("lets go of the button when what it drags to never comes", () =>
    withPage(async ({ play, failed, saved }) => {
      const to = { kind: "locator", locator: css("#never") };
      expect((await failed({ kind: "drag", from: css("#knob"), to }, 300)).message).toBe(
        'drag "#knob" to "#never" was not done within 300 ms: no element matches',
      );
      await play({
        kind: "eval",
        js: "addEventListener('mousemove', (event) => { window.held = event.buttons })",
      });
      await play({ kind: "mouse", action: "move", at: { kind: "point", x: 5, y: 5 } });
      await play({ kind: "eval", js: "window.held", save: "held" });
      expect(saved["held"]).toBe(0);
    }));

  test("drops files and texts, which an element must take; chooses files behind a button", () =>
    withPage(async ({ play, failed, workspaceDir }) => {
      await writeFile(join(workspaceDir, "a.txt"), "hello");
      await play(on("drop", "#zone", { files: ["a.txt"] }));
      await play(logged("file:a.txt:hello"));
      await play(on("drop", "#zone", { data: { "text/plain": "words" } }));
      await play(logged("text:words"));
      expect((await failed(on("drop", "#shut", { files: ["a.txt"] }))).message).toMatch(
        /^Cannot drop "#shut": .*(drop|accept)/,
      );
      await play(on("upload", "#choose", { files: ["a.txt"] }));
      await play(logged("chosen:a.txt"));
      expect((await failed(on("upload", "#touch", { files: ["a.txt"] }), 400)).message).toBe(
        'upload was not done within 400 ms: "#touch" is no file field, and a click on it opened no file chooser',
      );
      expect((await failed(on("upload", "#choose", { files: ["a.txt", "a.txt"] }))).message).toBe(
        'Cannot upload 2 files: "#choose" takes one',
      );
    }));

  test("taps where there is touch, and says where there is none", async () => {
    await withPage(async ({ failed }) => {
      expect((await failed(on("tap", "#touch"))).message).toBe(
        'Cannot tap "#touch": the test\'s viewport or device has no touch (viewport: phone has it)',
      );
    });
    const viewport = { width: 390, height: 844, touch: true };
    await withPage(
      async ({ play, failed }) => {
        await play(on("tap", "#touch", { position: { x: 3, y: 3 } }));
        await play(logged("touched"));
        expect((await failed(on("tap", "#never"), 300)).message).toBe(
          'tap "#never" was not done within 300 ms: no element matches',
        );
      },
      { viewport },
    );
  });
});

describe("keys and fields", () => {
  test("chords one after the other, keys that stay down, focus, blur, clear, selected text", () =>
    withPage(async ({ play, failed }) => {
      await play(on("focus", "#name"));
      await play({ kind: "press", key: ["Control+A", "N", "e", "w"] });
      await play(valueIs("#name", "New"));
      await play(on("press", "#name", { key: ["Home", "x", "End", "y"] }));
      await play(valueIs("#name", "xNewy"));
      await play(on("selectText", "#name"));
      await play({ kind: "press", key: "Delete" });
      await play(valueIs("#name", ""));
      await play({ kind: "keyDown", key: "Shift" });
      await play({ kind: "press", key: "ArrowLeft" });
      await play({ kind: "keyUp", key: "Shift" });
      await play(logged("+Shift +ArrowLeft -ArrowLeft -Shift"));
      await play(on("fill", "#name", { value: "abc" }));
      await play(on("clear", "#name"));
      await play(valueIs("#name", ""));
      await play(on("blur", "#name"));
      await play(logged("blur"));
      expect((await failed({ kind: "press", key: ["a", "Contol+B"] })).message).toContain(
        'Unknown key: "Contol"',
      );
      expect((await failed({ kind: "keyDown", key: "Shft" })).message).toContain("Shft");
      expect((await failed(on("clear", "#prose"), 300)).message).toContain('clear "#prose"');
      expect((await failed(on("focus", "#never"), 300)).message).toContain("no element matches");
    }));

  test("fail in their own words where there is no such element or key", () =>
    withPage(async ({ failed }) => {
      const at = { kind: "locator", locator: css("#never") };
      const steps = [
        on("blur", "#never"),
        on("selectText", "#never"),
        on("wheel", "#never", { y: 5 }),
        on("check", "#never", { to: false }),
        { kind: "mouse", action: "down", at },
      ];
      for (const step of steps) {
        const thrown = await failed(step, 150);
        expect(thrown).toMatchObject({
          code: "timeout",
          message: expect.stringMatching(
            new RegExp(`^${step.kind}.* was not done within 150 ms: no element matches$`),
          ),
        });
      }
      expect((await failed({ kind: "keyUp", key: "Shft" })).message).toContain("Unknown key");
    }));

  test("checks by value, selects by place, runs scripts in a frame", () =>
    withPage(async ({ play, failed, saved }) => {
      await play(on("check", "#check", { to: true }));
      await play(check({ of: "checked", locator: css("#check") }));
      await play(on("check", "#check", { to: false }));
      await play(check({ of: "unchecked", locator: css("#check") }));
      await play(on("select", "#size", { options: [{ index: 2 }] }));
      await play(valueIs("#size", "L"));
      await play(on("select", "#many", { options: ["A", { index: 2 }] }));
      await play({
        kind: "eval",
        js: "[...many.selectedOptions].map((one) => one.value)",
        save: "many",
      });
      await play({ kind: "eval", js: "inside", frame: css("#inner"), save: "inside" });
      expect(saved).toEqual({ many: ["A", "C"], inside: 42 });
      expect((await failed(on("select", "#size", { options: [{ index: 9 }] }), 300)).message).toBe(
        'select option 9 in "#size" was not done within 300 ms: not all options are there',
      );
      expect((await failed({ kind: "eval", js: "1", frame: css("#prose") })).message).toBe(
        'Cannot look into "#prose": it is no frame',
      );
    }));
});

describe("clipboard", () => {
  test("is written, pasted and saved, and is empty for the next attempt", async () => {
    await withPage(async ({ play, saved }) => {
      await play({ kind: "clipboard", write: "pasted words" });
      await play(on("focus", "#name"));
      await play({ kind: "press", key: ["Control+A", "Control+V"] });
      await play(valueIs("#name", "pasted words"));
      await play(on("fill", "#name", { value: "to copy" }));
      await play({ kind: "press", key: ["Control+A", "Control+C"] });
      await play({ kind: "clipboard", save: "copied" });
      expect(saved).toEqual({ copied: "to copy" });
    });
    const expectNothingLeft = () =>
      withPage(async ({ play, saved }) => {
        await play({ kind: "clipboard", save: "left" });
        expect(saved).toEqual({ left: "" });
      });
    await expectNothingLeft();
    await withPage(async ({ play }) => {
      await play(on("focus", "#name"));
      await play({ kind: "keyDown", key: "Control" });
      await play({ kind: "press", key: ["a", "c"] });
    });
    await expectNothingLeft();
  });

  test("says where a page has none; what is pasted into a password field is masked", () =>
    withPage(async ({ play, failed, session, evidence }) => {
      await play({ kind: "clipboard", write: "sesame-42" });
      await play(on("focus", "#secret"));
      await play({ kind: "press", key: "Control+V" });
      await play({ kind: "eval", js: "console.log(secret.value)" });
      await session.collectEvidence(AbortSignal.timeout(10_000));
      expect(textOf(evidence)).not.toContain("sesame-42");
      await play({ kind: "goto", url: "about:blank" });
      expect(await failed({ kind: "clipboard", save: "x" })).toMatchObject({
        code: "clipboard",
        message:
          "Cannot use the clipboard: about:blank has none; a browser gives it only to pages of https and of this machine",
      });
    }));
});
