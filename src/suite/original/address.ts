/** P: what `navigate` opens. The app's url is where its relative addresses belong; nothing else is read from it. */

/**
 * Makes a path (`/login`, `./a`, `?q`, `#top`) whole by the app's url. Anything else stays as it was written: an address
 * without a scheme is none, and opening it fails, as it does in a browser that is told to go there by a program.
 */
export function addressOf(written: string, appUrl: string | undefined): string {
  if (!/^[/.?#]/.test(written)) return written;
  try {
    return new URL(written, appUrl).href;
  } catch {
    // Nothing to belong to: opening it says so.
    return written;
  }
}
