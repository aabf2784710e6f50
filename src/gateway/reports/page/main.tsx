/** The page of `report.html`: reads the report that lies in it and draws it. The only file that starts anything. */
// biome-ignore lint/suspicious/noDeprecatedImports: only its third parameter is
import { render } from "preact";
import type { PackedReport } from "../packed/packed.ts";
import { openBook } from "./data/book.ts";
import { App } from "./view/app.tsx";
import { keptTheme } from "./view/theme-button.tsx";

const data = document.getElementById("report-data")?.textContent;
const root = document.getElementById("page");
if (data === undefined || data === null || root === null)
  throw new Error("Cannot show the report: the page holds none");
// Before anything is drawn, so that nothing flashes.
document.documentElement.dataset["theme"] = keptTheme();
const packed = JSON.parse(data) as PackedReport;
render(<App book={openBook(packed)} />, root);
document.documentElement.dataset["isReady"] = "true";
