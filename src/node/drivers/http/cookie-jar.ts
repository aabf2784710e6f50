/**
 * Where a request's cookies come from and go to. Owns the jar of an `http` attempt; the web driver's store is the
 * page's own (`web/page-cookies.ts`). RFC 6265 is tough-cookie's; it is loaded when the first cookie arrives,
 * as most attempts never see one.
 */
import type { CookieJar, Cookie as JarCookie } from "tough-cookie";

export type CookieStore = {
  /** The `cookie` header for a request to `url`; empty when there is none. */
  readonly headerFor: (url: string) => Promise<string>;
  /** Takes the `set-cookie` headers of a response from `url`; an invalid cookie is ignored, as browsers do. */
  readonly take: (url: string, setCookies: readonly string[]) => Promise<void>;
};

/** A store whose cookies can be looked at and changed. */
export type OwnCookies = CookieStore & {
  /** @throws {Error} When the library refuses it, with its reason. */
  readonly set: (cookie: GivenCookie) => Promise<void>;
  /** Removes those that `isMeant`. */
  readonly clear: (isMeant: (cookie: HeldCookie) => boolean) => Promise<void>;
  readonly list: () => Promise<readonly HeldCookie[]>;
};

export type GivenCookie = {
  /** As in a `set-cookie` header. */
  readonly text: string;
  readonly url: string;
};

export type HeldCookie = {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  readonly path: string;
  readonly secure: boolean;
  readonly httpOnly: boolean;
};

/** A jar that begins empty and belongs to one attempt. */
export function createCookieJar(): OwnCookies {
  let jar: Promise<CookieJar> | undefined;
  const open = () => {
    jar ??= newJar();
    return jar;
  };
  return {
    headerFor: async (url) => (jar === undefined ? "" : (await jar).getCookieString(url)),
    take: async (url, setCookies) => {
      if (setCookies.length === 0) return;
      const into = await open();
      for (const cookie of setCookies) await into.setCookie(cookie, url, { ignoreError: true });
    },
    set: async ({ text, url }) => void (await (await open()).setCookie(text, url)),
    clear: async (isMeant) => {
      const { store } = await open();
      for (const cookie of await store.getAllCookies()) {
        const held = toHeld(cookie);
        if (isMeant(held)) await store.removeCookie(held.domain, held.path, held.name);
      }
    },
    list: async () => {
      if (jar === undefined) return [];
      const cookies = await (await jar).store.getAllCookies();
      // What has expired lies there until somebody asks for its address.
      return cookies.filter((cookie) => cookie.TTL() > 0).map(toHeld);
    },
  };
}

function toHeld(cookie: JarCookie): HeldCookie {
  return {
    name: cookie.key,
    value: cookie.value,
    domain: cookie.domain ?? "",
    path: cookie.path ?? "/",
    secure: cookie.secure === true,
    httpOnly: cookie.httpOnly === true,
  };
}

const OPTIONS = { looseMode: true } as const;

async function newJar(): Promise<CookieJar> {
  const tough = await import("tough-cookie");
  return new tough.CookieJar(undefined, OPTIONS);
}
