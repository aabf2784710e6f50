/** P: what the self-test runs. One test is there to fail: a report without it as failed is no report to believe. */

export const API_TEST = "an API answers";
export const RED_TEST = "a missing page fails";
export const PAGE_TEST = "a page opens";
export const FILM_TEST = "a page is recorded";

/** The page's picture, of a desktop's size. */
export const PICTURE = { width: 1280, height: 720 } as const;

/** Two http tests: one passes, one fails. */
export function httpSuite(url: string): string {
  return JSON.stringify({
    name: "self-test-http",
    defaults: { platform: "http", baseUrl: url, timeout: "20s" },
    tests: [
      {
        name: API_TEST,
        steps: [
          { request: { get: "/api" } },
          { expect: { status: 200, json: { "$.name": "panoptic" } } },
        ],
      },
      {
        name: RED_TEST,
        steps: [{ request: { get: "/missing" } }, { expect: { status: 200 } }],
      },
    ],
  });
}

/** A page in a browser with its picture; `isFilmed`: and one that is recorded. */
export function webSuite(url: string, isFilmed: boolean): string {
  const page = {
    name: PAGE_TEST,
    steps: [
      { goto: "/" },
      { click: { role: "button", name: "Count" } },
      { expect: { text: "#count", equals: "1" } },
      { screenshot: "page" },
    ],
  };
  const film = {
    name: FILM_TEST,
    steps: [{ goto: "/" }, { record: "start" }, { wait: "600ms" }, { record: "stop" }],
  };
  return JSON.stringify({
    name: "self-test-web",
    defaults: { baseUrl: url, viewport: "desktop", timeout: "40s" },
    tests: isFilmed ? [page, film] : [page],
  });
}
