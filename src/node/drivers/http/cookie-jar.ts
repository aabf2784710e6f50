/**
 * Where a request's cookies come from and go to. Owns the jar of an `http` attempt; the web driver's store is the
 * page's own (`web/page-cookies.ts`). RFC 6265 is tough-cookie's; it is loaded when the first cookie arrives,
 * as most attempts never see one.
 */
import type { CookieJar } from "tough-cookie";

export type CookieStore = {
  /** The `cookie` header for a request to `url`; empty when there is none. */
  readonly headerFor: (url: string) => Promise<string>;
  /** Takes the `set-cookie` headers of a response from `url`; an invalid cookie is ignored, as browsers do. */
  readonly take: (url: string, setCookies: readonly string[]) => Promise<void>;
};

/** A jar that begins empty and belongs to one attempt. */
export function createCookieJar(): CookieStore {
  let jar: CookieJar | undefined;
  return {
    headerFor: async (url) => (jar === undefined ? "" : jar.getCookieString(url)),
    take: async (url, setCookies) => {
      if (setCookies.length === 0) return;
      jar ??= await newJar();
      for (const cookie of setCookies) await jar.setCookie(cookie, url, { ignoreError: true });
    },
  };
}

async function newJar(): Promise<CookieJar> {
  const tough = await import("tough-cookie");
  return new tough.CookieJar(undefined, { looseMode: true });
}
