/** The page's cookies as the store of `request` steps: both sides see what the other was given. */
import type { BrowserContext } from "playwright-core";
import type { Cookie } from "tough-cookie";
import type { Clock } from "#shared/clock.ts";
import type { CookieStore } from "../http/cookie-jar.ts";

type PageCookie = Parameters<BrowserContext["addCookies"]>[0][number];

/** Makes the store over a browser context's cookies. */
export function createPageCookies(context: BrowserContext, clock: Clock): CookieStore {
  return {
    headerFor: async (url) => {
      const cookies = await context.cookies(url);
      return cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
    },
    take: async (url, setCookies) => {
      if (setCookies.length === 0) return;
      const { Cookie } = await import("tough-cookie");
      for (const text of setCookies) {
        const cookie = Cookie.parse(text, { loose: true });
        const place = cookie && placeOf(cookie, new URL(url));
        if (cookie && place) await takeOne(context, { cookie, place, nowMs: clock.wallMs() });
      }
    },
  };
}

type Taken = { readonly cookie: Cookie; readonly place: Place; readonly nowMs: number };

async function takeOne(context: BrowserContext, { cookie, place, nowMs }: Taken): Promise<void> {
  const expiryMs = cookie.expiryTime();
  if (expiryMs !== undefined && expiryMs <= nowMs) {
    return context.clearCookies({ name: cookie.key, ...place });
  }
  // A cookie that the browser refuses is ignored, as it is from a page.
  await context.addCookies([toPageCookie(cookie, place)]).catch(() => undefined);
}

type Place = { readonly domain: string; readonly path: string };

/** Where a cookie belongs; undefined when its domain is not the host's. */
function placeOf(cookie: Cookie, url: URL): Place | undefined {
  const path = cookie.path ?? url.pathname.replace(/\/[^/]*$/, "");
  if (cookie.domain === null) return { domain: url.hostname, path: path || "/" };
  if (!isWithin(url.hostname, cookie.domain)) return undefined;
  return { domain: `.${cookie.domain}`, path: path || "/" };
}

function toPageCookie(cookie: Cookie, place: Place): PageCookie {
  const sameSite = SAME_SITE[cookie.sameSite ?? ""];
  const expiryMs = cookie.expiryTime();
  return {
    name: cookie.key,
    value: cookie.value,
    ...place,
    secure: cookie.secure,
    httpOnly: cookie.httpOnly,
    ...(sameSite === undefined ? {} : { sameSite }),
    ...(expiryMs === undefined || expiryMs === Number.POSITIVE_INFINITY
      ? {}
      : { expires: expiryMs / 1000 }),
  };
}

const SAME_SITE: Readonly<Record<string, "Strict" | "Lax" | "None">> = {
  strict: "Strict",
  lax: "Lax",
  none: "None",
};

function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}
