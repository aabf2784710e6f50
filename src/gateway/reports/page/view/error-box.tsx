/** What went wrong, in its own words; a long text is cut until somebody wants all of it. */
import { useState } from "preact/hooks";
import { bytesText } from "../../html/quantities.ts";
import type { PageFailure } from "../../packed/unpack.ts";

/** Colours of terminals mean nothing here. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
const ANSI = /\u001b\[[0-9;]*[A-Za-z]/g;

export type ErrorBoxProps = {
  readonly error: PageFailure;
  /** Characters and lines beyond which a button shows the rest. */
  readonly charactersMax?: number;
  readonly linesMax?: number;
};

export function ErrorBox({ error, charactersMax = 4_000, linesMax = 60 }: ErrorBoxProps) {
  const [isWhole, setWhole] = useState(false);
  const text = error.message.replace(ANSI, "");
  const cut = cutText(text, charactersMax, linesMax);
  return (
    <div class="error-box">
      <pre class="error-text" tabIndex={isWhole ? 0 : undefined}>
        {isWhole ? text : cut}
        {!isWhole && cut !== text && "…"}
      </pre>
      {cut !== text && (
        <button type="button" class="link" onClick={() => setWhole(!isWhole)}>
          {isWhole ? "Show less" : `Show all of it (${bytesText(text.length)})`}
        </button>
      )}
    </div>
  );
}

function cutText(text: string, charactersMax: number, linesMax: number): string {
  const lines = text
    .split("\n", linesMax + 1)
    .slice(0, linesMax)
    .join("\n");
  return lines.length <= charactersMax ? lines : lines.slice(0, charactersMax).toWellFormed();
}

/** `shop.yaml:12:5` */
export function placeText(at: {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}): string {
  return [at.file, at.line, at.column].filter((part) => part !== undefined).join(":");
}
