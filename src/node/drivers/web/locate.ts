/** Turns the suite's locators into Playwright's, and into words. */
import type { Page, Locator as PageLocator } from "playwright-core";
import type { Locator } from "#proto/matcher.ts";
import { unreachable } from "#shared/errors.ts";

/** Nothing is looked up yet; strict unless `nth` is given. */
export function toPageLocator(page: Page, locator: Locator): PageLocator {
  const scope = locator.within === undefined ? page : toPageLocator(page, locator.within);
  const found = find(scope, locator);
  return locator.nth === undefined ? found : found.nth(locator.nth);
}

type Scope = Page | PageLocator;
type Role = Parameters<Page["getByRole"]>[0];

function find(scope: Scope, locator: Locator): PageLocator {
  const exact = locator.exact ?? false;
  switch (locator.by) {
    case "css":
      return scope.locator(`css=${locator.value}`);
    case "xpath":
      return scope.locator(`xpath=${locator.value}`);
    case "text":
      return scope.getByText(locator.value, { exact });
    case "label":
      return scope.getByLabel(locator.value, { exact });
    case "placeholder":
      return scope.getByPlaceholder(locator.value, { exact });
    case "testId":
      return scope.getByTestId(locator.value);
    case "role":
      // Playwright's type lists the roles; an unknown one simply matches nothing.
      return scope.getByRole(locator.value as Role, {
        ...(locator.name === undefined ? {} : { name: locator.name, exact }),
      });
    default:
      return unreachable(locator.by);
  }
}

/** How failure texts name what was looked for: `role button "Add to cart"`, `"#count" (nth 1)`. */
export function describeLocator(locator: Locator): string {
  const parts = [locator.by === "css" ? "" : `${locator.by} `, JSON.stringify(locator.value)];
  if (locator.by === "role") {
    parts[1] = locator.value;
    if (locator.name !== undefined) parts.push(` ${JSON.stringify(locator.name)}`);
  }
  if (locator.exact) parts.push(" (exact)");
  if (locator.nth !== undefined) parts.push(` (nth ${locator.nth})`);
  if (locator.within !== undefined) parts.push(` within ${describeLocator(locator.within)}`);
  return parts.join("");
}
