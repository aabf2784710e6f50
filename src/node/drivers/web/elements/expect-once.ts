/**
 * Playwright's own expectations, asked once. They are the engine of `@playwright/test`'s `expect` and no public interface of
 * playwright-core: the version is pinned, and tests/drivers/web-elements.test.ts and web-aria.test.ts see it when they move.
 */
import type { Locator as PageLocator } from "playwright-core";

export type Expected = {
  readonly expectedText?: readonly { readonly string: string }[];
  /** A template of the accessibility tree. */
  readonly expectedValue?: string;
};

export type Answer = {
  readonly isMet: boolean;
  /** What was there instead; undefined when it was met, or could not be seen. */
  readonly received: unknown;
  /** Why it could not be seen. */
  readonly fault: string | undefined;
};

type Raw = {
  readonly matches: boolean;
  readonly received?: { readonly value?: unknown };
  readonly errorMessage?: string;
};
type Engine = {
  readonly _expect: (expression: string, options: object) => Promise<Raw>;
};

/** One look; it does not wait for the element. @throws {Error} When this playwright-core has no such engine. */
export async function expectOnce(
  locator: PageLocator,
  expression: string,
  expected: Expected,
): Promise<Answer> {
  const engine = locator as unknown as Partial<Engine>;
  if (typeof engine._expect !== "function")
    throw new Error("this version of playwright-core cannot be asked");
  // It looks once at once, then until its time is over.
  const { matches, received, errorMessage } = await engine._expect(expression, {
    ...{ ...expected, isNot: false, timeout: 1 },
  });
  const fault = errorMessage?.replace(/^Error: /, "");
  return { isMet: matches, received: received?.value, fault };
}
