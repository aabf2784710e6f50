/** What befalls a recorded page beside what its script hears, by Chromium's own protocol: navigations that a person asked the browser for, dialogs and their answers. */
import type { BrowserContext, CDPSession, Page } from "playwright-core";

export type PageEvents = {
  /** The address bar, or somebody who drives the browser: no link, form or script of the page. */
  readonly onAddress: (url: string) => void;
  /** A link, a form or a script of the page led there. */
  readonly onLed: (url: string) => void;
  readonly onReload: () => void;
  readonly onHistory: (direction: "back" | "forward") => void;
  readonly onDialog: (answer: DialogAnswer) => void;
};

export type DialogAnswer = {
  readonly type: string;
  readonly isAccepted: boolean;
  /** What was typed into a prompt. */
  readonly text: string;
};

/** Watches a page until it is closed. */
export async function watchPage(
  context: BrowserContext,
  page: Page,
  events: PageEvents,
): Promise<void> {
  const control = await context.newCDPSession(page);
  watchDialogs(control, events);
  const { frameTree } = await control.send("Page.getFrameTree");
  watchNavigations(control, frameTree.frame.id, events);
  await control.send("Page.enable");
}

function watchNavigations(control: CDPSession, mainId: string, events: PageEvents): void {
  let isOfPage = false;
  let type = "";
  let historyAt = 0;
  control.on("Page.frameRequestedNavigation", ({ frameId, disposition }) => {
    if (frameId === mainId && disposition === "currentTab") isOfPage = true;
  });
  control.on("Page.frameStartedNavigating", ({ frameId, navigationType }) => {
    if (frameId === mainId) type = navigationType;
  });
  const navigated = async (url: string) => {
    const [wasOfPage, wasType] = [isOfPage, type];
    [isOfPage, type] = [false, ""];
    const before = historyAt;
    historyAt = (await positionOf(control)) ?? before;
    if (wasOfPage) events.onLed(url);
    else tellNavigation({ type: wasType, url, isBack: historyAt < before }, events);
  };
  control.on("Page.frameNavigated", ({ frame }) => {
    if (frame.parentId === undefined) void navigated(`${frame.url}${frame.urlFragment ?? ""}`);
  });
}

type Navigation = { readonly type: string; readonly url: string; readonly isBack: boolean };

function tellNavigation({ type, url, isBack }: Navigation, events: PageEvents): void {
  if (type.startsWith("reload")) events.onReload();
  else if (type.startsWith("history")) events.onHistory(isBack ? "back" : "forward");
  else events.onAddress(url);
}

async function positionOf(control: CDPSession): Promise<number | undefined> {
  try {
    return (await control.send("Page.getNavigationHistory")).currentIndex;
  } catch {
    // The page was closed meanwhile.
    return undefined;
  }
}

function watchDialogs(control: CDPSession, { onDialog }: PageEvents): void {
  let type = "";
  control.on("Page.javascriptDialogOpening", (opening) => {
    type = opening.type;
  });
  control.on("Page.javascriptDialogClosed", ({ result, userInput }) => {
    // Who leaves a page is not asked in a test, either.
    if (type !== "beforeunload") onDialog({ type, isAccepted: result, text: userInput });
  });
}
