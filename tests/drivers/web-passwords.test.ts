/** What stands in password fields: learned whoever put it there, and in nothing that a session lets out. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { zipEntries } from "../../src/node/drivers/web/traces/zip.ts";
import { css, openOn, type Played, type PlayOptions, type Site, serve } from "./stage.ts";

const WORD = 'lüneburg"&/9';
const FORM = `<form action=/gone><input id=user name=user><input id=word type=password name=word
  oninput="document.title = this.value; console.log('typed', this.value)"><button id=go>go</button>
  <button id=show type=button onclick="word.type = 'text'">show</button></form><p id=said></p>
  <script>word.onchange = () => { said.textContent = "you typed " + word.value; localStorage.w = word.value }</script>`;

let site: Site;
let slot: DriverSlot;

beforeAll(async () => {
  site = await serve({
    "/form": FORM,
    "/prefilled": `<input id=word type=password value='${WORD.replaceAll("&", "&amp;")}'><p>hello</p>`,
    "/scripted": `<input id=word type=password><script>word.value = 'l\\u00fcneburg"&/9'</script>`,
    "/shadow": `<div id=host></div><script>host.attachShadow({ mode: "open" }).innerHTML = "<input type=password>";
      host.shadowRoot.firstChild.value = 'l\\u00fcneburg"&/9'</script>`,
    "/frame": `<iframe src=/scripted></iframe>`,
    "/leaving": `<input id=word type=password><script>
      word.value = 'l\\u00fcneburg"&/9'; location.href = "/form?was=" + encodeURIComponent(word.value)</script>`,
    "/asking": `<input id=word type=password oninput="alert('Did you mean ' + this.value)">`,
    "/telling": `<input id=word oninput="console.log('so far', this.value, btoa(encodeURIComponent(this.value)))">`,
    "/plain": `<input id=word><script>window.own = Object.getOwnPropertyNames(window)
      .filter((name) => /^_(?!_playwright)/.test(name)).join()</script>`,
  });
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

const EVERYTHING: NonNullable<PlayOptions["evidence"]> = {
  ...{ trace: "on", screenshots: "on", console: "on", dom: "on" },
};

async function play(
  steps: readonly object[],
  evidence = EVERYTHING,
  secrets: Readonly<Record<string, string>> = {},
) {
  const played = await openOn(slot, { baseUrl: site.url, evidence, secrets });
  const errors: string[] = [];
  for (const step of steps)
    await played.play(step).catch((thrown: unknown) => errors.push(String(thrown)));
  await played.session.collectEvidence(AbortSignal.timeout(10_000));
  await played.conclude("failed");
  await played.close();
  return { ...played, errors };
}

/** Everything that was let out, unpacked. */
async function textsOf({ evidence, warnings, missed, errors }: Awaited<ReturnType<typeof play>>) {
  const own = evidence.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()] as const);
  const traces = evidence.filter(({ kind }) => kind === "trace");
  const entries = traces.flatMap(({ bytes }) => zipEntries(bytes));
  const packed = entries.map(
    async ({ name, read }) => [name, Buffer.from(await read()).toString()] as const,
  );
  const said = JSON.stringify([warnings, missed, errors]);
  return [...own, ...(await Promise.all(packed)), ["said", said] as const];
}

const FORMS = [
  WORD,
  encodeURIComponent(WORD),
  new URLSearchParams({ w: WORD }).toString().slice(2),
  JSON.stringify(WORD).slice(1, -1),
  JSON.stringify(JSON.stringify(WORD)).slice(3, -3),
  WORD.replaceAll("&", "&amp;"),
  WORD.replaceAll("&", "&amp;").replaceAll('"', "&quot;"),
  "neburg",
];

async function leaksOf(played: Awaited<ReturnType<typeof play>>): Promise<string[]> {
  const texts = await textsOf(played);
  return texts.flatMap(([name, text]) => (FORMS.some((form) => text.includes(form)) ? [name] : []));
}

const goto = (url: string) => ({ kind: "goto", url });
const word = { locator: css("#word") };

describe("a password", () => {
  test.each([
    ["filled in by a step", [goto("/form"), { kind: "fill", ...word, value: WORD }]],
    ["typed key by key", [goto("/form"), { kind: "type", ...word, value: WORD }]],
    [
      "sent in an address that fails",
      [
        goto("/form"),
        { kind: "fill", ...word, value: WORD },
        { kind: "click", locator: css("#go") },
      ],
    ],
    [
      "shown, and typed into what is a text field by then",
      [
        ...[goto("/form"), { kind: "type", ...word, value: "x" }],
        { kind: "click", locator: css("#show") },
        { kind: "fill", ...word, value: WORD },
      ],
    ],
    ["in an alert while it is typed", [goto("/asking"), { kind: "fill", ...word, value: WORD }]],
    ["that the page came with", [goto("/prefilled")]],
    ["that a script wrote", [goto("/scripted")]],
    ["in an open shadow root", [goto("/shadow")]],
    ["in a frame", [goto("/frame")]],
    [
      "that a page took along",
      [goto("/leaving"), { kind: "wait", for: { kind: "time", ms: 300 } }],
    ],
    [
      "that an expectation saw",
      [
        goto("/prefilled"),
        {
          kind: "expect",
          checks: [{ subject: { of: "value", ...word }, matcher: { equals: "no" } }],
        },
      ],
    ],
  ])("%s is in nothing that the session lets out", async (_, steps) => {
    const played = await play(steps);
    expect(played.missed).toEqual([]);
    expect(played.evidence.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["failure.png", "dom.html", "trace.zip"]),
    );
    expect(await leaksOf(played)).toEqual([]);
  });

  test("the same words in a plain field are no secret: the search can fail", async () => {
    const played = await play([goto("/plain"), { kind: "fill", ...word, value: WORD }]);
    expect(await leaksOf(played)).toEqual(expect.arrayContaining(["dom.html", "trace.trace"]));
  });

  test("a secret typed key by key into a plain field is in nothing that the page says on the way", async () => {
    const steps = [goto("/telling"), { kind: "type", ...word, value: `so ${WORD}` }];
    const played = await play(steps, EVERYTHING, { WORD });
    expect(await leaksOf(played)).toEqual([]);
    const beginning = WORD.slice(0, 8);
    const texts = await textsOf(played);
    expect(texts.filter(([, text]) => text.includes(beginning)).map(([name]) => name)).toEqual([]);
    expect(texts.find(([name]) => name === "console.txt")?.[1]).toContain("so far");
  });

  test("of two letters is not in DOM and trace, which know the field", async () => {
    const steps = [goto("/form"), { kind: "fill", ...word, value: "zq" }];
    const texts = await textsOf(await play(steps));
    const told = texts.filter(([name]) => ["dom.html", "trace.trace"].includes(name));
    for (const [, text] of told) expect(text).not.toMatch(/value[^>]{0,6}zq|fill\(."zq/);
    expect(told).toHaveLength(2);
  });

  test("the page finds nothing of the watching", async () => {
    const played = await play([goto("/plain"), { kind: "eval", js: "window.own", save: "own" }]);
    expect(played.saved["own"]).toBe("");
  });

  test("a film goes on in masked pictures from the moment that one is typed", async () => {
    const played: Played = await play(
      [
        goto("/form"),
        { kind: "fill", ...word, value: WORD },
        { kind: "click", locator: css("#show") },
        { kind: "wait", for: { kind: "time", ms: 700 } },
      ],
      { video: "on" },
    );
    expect(played.warnings.join()).toContain("from here on the film is of masked pictures");
    expect(played.evidence.map(({ name }) => name)).toContain("video.webm");
  });
});
