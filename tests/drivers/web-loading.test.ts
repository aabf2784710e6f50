/** `submit`, and `click` that waits: what they press, and that they end when the page that follows has loaded. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { bodyOf, css, openOn, type Played, type Site, serve } from "./stage.ts";
import { check } from "./web-site.ts";

const SLOW_MS = 600;

const LINKS = `<title>links</title><a id=slow href=/slow>slow</a> <a id=body href=/slow-body>body</a>
<a id=popup href=/slow target=_blank>popup</a> <a id=file href=/file>file</a> <a id=saved href=/file download>saved</a>
<a id=never href=/never>never</a> <a id=none href=/none>none</a> <a id=refused href=http://127.0.0.1:2/>refused</a> <a id=lost href=/nowhere>lost</a>
<a id=mail href=mailto:a@example.org>mail</a> <a id=hash href=#there>hash</a>
<button id=push onclick="history.pushState(0, '', '/pushed')">push</button>
<button id=both onclick="history.pushState(0, '', '/pushed'); location.href = '/slow'">both</button>
<button id=later onclick="setTimeout(() => { location.href = '/slow' }, 30)">later</button>
<button id=pushes onclick="history.pushState(0, '', '/pushed'); setTimeout(() => { location.href = '/slow' }, 30)">pushes</button>
<button id=asks onclick="fetch('/none').then(() => { location.href = '/slow' })">asks</button>
<button id=title onclick="document.title = 'clicked'">title</button>
<form action=/slow target=inner><button id=frame>frame</button></form><iframe name=inner></iframe>`;

const field = (value: string) => `<input name=who value="${value}">`;
const FORMS: Readonly<Record<string, string>> = {
  "/button": `<form action=/hidden hidden>${field("hidden")}<button></button></form>
    <form action=/echo>${field("first")}<button type=button name=by value=plain>no</button><button name=by value=button>go</button></form>
    <form id=second action=/echo method=post>${field("second")}<input type=submit name=by value=input></form>`,
  "/outside": `<form id=f action=/echo>${field("outside")}</form><button form=f name=by value=outside>go</button>`,
  "/bare": `<form action=/echo onsubmit="this.by.value='event'">${field("bare")}<input type=hidden name=by></form>`,
  "/required": `<form action=/echo><input name=who required><button>go</button></form>`,
  "/image": `<form action=/echo>${field("image")}<input type=image alt=go></form>`,
  "/handled": `<form onsubmit="document.title='handled'; return false">${field("x")}<button>go</button></form>`,
};

let site: Site;
let slot: DriverSlot;

beforeAll(async () => {
  site = await serve({
    "/": LINKS,
    ...FORMS,
    "/never": () => undefined,
    "/none": (_, response) => response.writeHead(204).end(),
    "/file": (_, response) => {
      response.writeHead(200, { "content-disposition": "attachment; filename=a.txt" }).end("x");
    },
    "/slow": (_, response) => {
      setTimeout(() => html(response, "<title>slow</title>"), SLOW_MS);
    },
    "/slow-body": (_, response) => {
      response.writeHead(200, { "content-type": "text/html" });
      response.write(`<title>body</title>${" ".repeat(4_000)}`);
      setTimeout(() => response.end("<p id=end>"), SLOW_MS);
    },
    "/echo": (request, response) => {
      bodyOf(request).then(
        (body) => html(response, `<title>${request.method} ${request.url} ${body}</title>`),
        () => response.destroy(),
      );
    },
  });
  slot = createWebDriver({}).createSlot();
});
afterAll(async () => {
  await slot.close();
  await site.close();
});

function html(response: import("node:http").ServerResponse, text: string): void {
  response.writeHead(200, { "content-type": "text/html" }).end(text);
}

async function onPage<T>(path: string, act: (played: Played) => Promise<T>): Promise<T> {
  const played = await openOn(slot, { baseUrl: site.url });
  try {
    await played.play({ kind: "goto", url: path });
    return await act(played);
  } finally {
    await played.close();
  }
}

const click = (id: string) => ({ kind: "click", locator: css(id), waitForLoad: true });

/** The page's title at the very moment, without waiting for another. */
async function titleNow(played: Played): Promise<unknown> {
  await played.play({
    kind: "eval",
    js: "document.readyState + ' ' + document.title",
    save: "now",
  });
  return played.saved["now"];
}

describe("click with waitForLoad", () => {
  test.each(["#slow", "#both", "#pushes", "#later", "#asks"])(
    "%s is over when its page has loaded",
    (id) =>
      onPage("/", async (played) => {
        await played.play(click(id));
        expect(await titleNow(played)).toBe("complete slow");
      }),
  );

  test("a page that comes in parts is there to its end", () =>
    onPage("/", async (played) => {
      await played.play(click("#body"));
      expect(await titleNow(played)).toBe("complete body");
    }));

  test.each(["#popup", "#file", "#saved", "#none", "#mail", "#hash", "#push", "#frame", "#title"])(
    "%s starts no navigation of the page, and nothing is waited for",
    (id) =>
      onPage("/", async (played) => {
        // One that waited for a load that never comes would fail with its bound.
        await played.play(click(id));
        expect(await titleNow(played)).toBe(
          id === "#title" ? "complete clicked" : "complete links",
        );
      }),
  );

  test("a connection that is refused fails the step", () =>
    onPage("/", async ({ failed }) => {
      const error = await failed(click("#refused"));
      expect(error).toMatchObject({ outcome: "failed", code: "navigation" });
      expect(error.message).toContain("ERR_CONNECTION_REFUSED at http://127.0.0.1:2/");
    }));

  test("a page of 404 passes and its status is shown", () =>
    onPage("/", async ({ play, warnings }) => {
      await play(click("#lost"));
      expect(warnings).toEqual([expect.stringMatching(/\/nowhere answered with status 404$/)]);
    }));

  test("a page that is not loaded within the step's bound is left to the next step, which waits for it", () =>
    onPage("/", async (played) => {
      await played.play(click("#body"), 400);
      expect(played.warnings).toEqual([expect.stringContaining("not loaded yet")]);
      expect(await titleNow(played)).toBe("complete body");
    }));

  test("a page that never comes fails the next step, and the old page's picture can still be taken", () =>
    onPage("/", async ({ play, failed, session, evidence }) => {
      await play(click("#never"), 1_000);
      const error = await failed({ kind: "eval", js: "1" }, 400);
      expect(error).toMatchObject({ code: "timeout" });
      expect(error.message).toContain("was not loaded within 400 ms");
      await session.collectEvidence(AbortSignal.timeout(5_000));
      expect(evidence.map(({ name }) => name)).toContain("failure.png");
    }));

  test("a step whose element never comes is not helped by a page that loads", () =>
    onPage("/", async ({ failed }) => {
      const error = await failed(click("#nowhere"), 400);
      expect(error.message).toContain('click "#nowhere" was not done');
    }));

  test("a navigation that the browser refuses is not waited for", () =>
    onPage("/", async ({ play }) => {
      const html = "<title>refused</title><a id=data href='data:text/html,no'>no</a>";
      await play({
        kind: "eval",
        js: `document.documentElement.innerHTML = ${JSON.stringify(html)}`,
      });
      await play(click("#data"));
      await play(check({ of: "title" }, { equals: "refused" }));
    }));

  test("without it a click does not wait for the page to be there to its end", () =>
    onPage("/", async (played) => {
      await played.play({ kind: "click", locator: css("#body") });
      expect(await titleNow(played)).not.toBe("complete body");
    }));
});

describe("submit", () => {
  const submit = (id?: string) => ({
    kind: "submit",
    ...(id === undefined ? {} : { locator: css(id) }),
  });
  const title = (value: string) => check({ of: "title" }, { equals: value });

  test.each([
    ["/button", undefined, "GET /echo?who=first&by=button"],
    ["/button", "#second", "POST /echo who=second&by=input"],
    ["/button", "[value=input]", "POST /echo who=second&by=input"],
    ["/outside", undefined, "GET /echo?who=outside&by=outside"],
    ["/outside", "button", "GET /echo?who=outside&by=outside"],
    ["/bare", undefined, "GET /echo?who=bare&by=event"],
    ["/bare", "form", "GET /echo?who=bare&by=event"],
  ])("%s by %s sends %s", (path, id, sent) =>
    onPage(path, async (played) => {
      await played.play(submit(id));
      expect(await titleNow(played)).toBe(`complete ${sent}`);
    }),
  );

  test("an image button is pressed too, and a handler may keep the page", async () => {
    await onPage("/image", async ({ play }) => {
      await play(submit());
      await play(check({ of: "url" }, { contains: "who=image&x=" }));
    });
    await onPage("/handled", async ({ play }) => {
      await play(submit());
      await play(title("handled"));
    });
  });

  test("without a locator the form that was filled in last is sent, not the page's first", () =>
    onPage("/button", async (played) => {
      await played.play({ kind: "fill", locator: css("#second [name=who]"), value: "me" });
      await played.play(submit());
      expect(await titleNow(played)).toBe("complete POST /echo who=me&by=input");
    }));

  test("a form that the browser holds back is shown", () =>
    onPage("/required", async ({ play, warnings }) => {
      await play(submit());
      expect(warnings).toEqual([expect.stringContaining("holds the form back")]);
      expect(warnings[0]).toContain("who: ");
    }));

  test("without a form it waits for one until its bound", () =>
    onPage("/", async ({ play, failed }) => {
      await play({ kind: "eval", js: "document.querySelector('form').remove()" });
      expect(await failed(submit(), 300)).toMatchObject({ code: "timeout" });
      expect((await failed(submit("#nothing"), 300)).message).toContain("no element matches");
    }));
});
