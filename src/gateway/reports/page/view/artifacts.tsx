/** What an attempt left: pictures, films, texts, traces and files; what did not arrive, and what was never recorded. */
import { bytesText } from "../../html/quantities.ts";
import type { PageArtifact, PageAttempt } from "../../packed/unpack.ts";
import { hrefOf, shellWord } from "../data/links.ts";
import { consoleLines, networkLines } from "../data/log-lines.ts";
import { LogText } from "./log-text.tsx";
import { Film, picturesOf, Thumbnail } from "./media.tsx";
import { metricsOf } from "./metrics-tables.tsx";
import { usePage } from "./page-context.ts";

export function Artifacts({ attempt, platform }: { attempt: PageAttempt; platform: string }) {
  const { artifacts } = attempt;
  const pictures = picturesOf(artifacts);
  const films = artifacts.filter((one) => one.kind === "video" && hrefOf(one) !== undefined);
  return (
    <>
      {(pictures.length > 0 || films.length > 0) && (
        <div class="gallery">
          {pictures.map((picture, index) => (
            <Thumbnail key={picture.href} pictures={pictures} index={index} />
          ))}
          {films.map((film) => (
            <Film key={film.path} artifact={film} />
          ))}
        </div>
      )}
      {inOrder(artifacts).map((artifact) => (
        <ShownText key={`${artifact.name} ${artifact.path}`} artifact={artifact} />
      ))}
      {artifacts
        .filter(({ kind }) => kind === "trace")
        .map((trace) => (
          <TraceHelp key={trace.name} trace={trace} />
        ))}
      <FileList artifacts={artifacts} />
      <NotRecorded attempt={attempt} platform={platform} />
    </>
  );
}

const KINDS = "screenshot video console network response dom trace har log file".split(" ");

/** The same in every attempt, so that they can be compared. */
function inOrder(artifacts: readonly PageArtifact[]): readonly PageArtifact[] {
  return artifacts.toSorted((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
}

function ShownText({ artifact }: { artifact: PageArtifact }) {
  const { kind, text, bytes, name } = artifact;
  if (text === undefined || metricsOf(artifact) !== undefined) return null;
  const lines =
    kind === "console"
      ? consoleLines(text.text)
      : kind === "network"
        ? networkLines(text.text)
        : [{ level: "info" as const, text: text.text }];
  const titles: Readonly<Record<string, string>> = {
    console: "Console",
    network: "Failed requests",
  };
  const href = hrefOf(artifact);
  return (
    <section class="part">
      <h4>{titles[kind] ?? name}</h4>
      <LogText lines={lines} label={titles[kind] ?? name} />
      {text.isCut && (
        <p class="note">
          Cut here: the whole is {bytesText(bytes)}
          {href === undefined ? (
            "."
          ) : (
            <>
              , <a href={href}>{name}</a>.
            </>
          )}
        </p>
      )}
    </section>
  );
}

function TraceHelp({ trace }: { trace: PageArtifact }) {
  const href = hrefOf(trace);
  if (href === undefined || trace.path === undefined) return null;
  const command = `npx playwright show-trace ${shellWord(folderPath() + trace.path)}`;
  return (
    <section class="part">
      <h4>Trace</h4>
      <p class="note">
        To step through it, run this, or drop <a href={href}>{trace.name}</a> onto{" "}
        <span class="code">trace.playwright.dev</span> (it stays in your browser):
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <pre class="command" tabIndex={0}>
        {command}
      </pre>
    </section>
  );
}

/** Where the page lies, when that is a folder of this machine. */
function folderPath(): string {
  const { protocol, pathname } = location;
  if (protocol !== "file:" || /^\/[A-Za-z]:/.test(pathname)) return "";
  try {
    return decodeURIComponent(pathname.slice(0, pathname.lastIndexOf("/") + 1));
  } catch {
    // A name that is no UTF-8: the path within the report's folder has to do.
    return "";
  }
}

function FileList({ artifacts }: { artifacts: readonly PageArtifact[] }) {
  if (artifacts.length === 0) return null;
  return (
    <section class="part">
      <h4>Files</h4>
      <ul class="files">
        {inOrder(artifacts).map((artifact, index) => (
          <FileItem key={index} artifact={artifact} />
        ))}
      </ul>
    </section>
  );
}

function FileItem({ artifact }: { artifact: PageArtifact }) {
  const { book } = usePage();
  const { name, kind, state, bytes, reason } = artifact;
  const href = hrefOf(artifact);
  const why =
    state === "pending"
      ? "still on its way from the node"
      : state === "missing"
        ? "missing"
        : undefined;
  return (
    <li class={`file is-${state}`}>
      <span class="file-kind">{kind}</span>
      {href === undefined ? (
        <span class="file-name">{name}</span>
      ) : (
        <a class="file-name" href={href}>
          {name}
        </a>
      )}
      <span class="file-size">{bytesText(bytes)}</span>
      {why !== undefined && (
        <span class="file-why">{reason === undefined ? why : `${why}: ${reason}`}</span>
      )}
      {why === undefined && href === undefined && (
        <span class="file-why">
          in the report's folder: panoptic report {book.packed.run.id} --out DIR
        </span>
      )}
    </li>
  );
}

const WEB_EVIDENCE = {
  screenshot: "screenshot",
  video: "video",
  trace: "trace",
  dom: "DOM snapshot",
  console: "console",
  network: "failed requests",
  har: "HAR",
} as const;

/** Said, not hidden: what a reader may look for in vain. */
function NotRecorded({ attempt, platform }: { attempt: PageAttempt; platform: string }) {
  if (platform !== "web") return null;
  const kinds = new Set(attempt.artifacts.map(({ kind }) => kind));
  const without = Object.entries(WEB_EVIDENCE).filter(([kind]) => !kinds.has(kind));
  if (without.length === 0) return null;
  return <p class="note not-recorded">Without: {without.map(([, name]) => name).join(", ")}.</p>;
}
