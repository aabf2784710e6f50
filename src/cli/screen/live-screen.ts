/**
 * Lines that stand at the bottom of a terminal and change in place, and lines that stay for good above them.
 *
 * Invariants:
 * - T1 What was printed is never drawn over: only rows that a frame took are erased, never one more. A terminal that
 *   wraps old rows anew when it gets narrower may so keep a row of an old frame; the other way would cost a failure.
 * - T2 One write a change, between the marks of a synchronised update (ignored where unknown), and no row is cleared
 *   before it is written: nothing flickers.
 * - T3 The cursor is hidden only while a frame stands; `leave` gives it back, also from the process's exit.
 * - T4 Wrapping is off while a frame is written: a character that is wider than we think cannot push the frame down.
 */
import { type Line, lineText } from "./line.ts";

export type ScreenSize = { readonly columns: number; readonly rows: number };

/** What a live screen needs of a terminal. */
export type ScreenStream = {
  readonly write: (text: string) => void;
  readonly isColour: boolean;
  readonly size: () => ScreenSize;
};

export type LiveScreen = {
  /** Lines for good, above the frame. */
  readonly print: (lines: readonly Line[]) => void;
  /** Puts the frame in the place of the one before. */
  readonly draw: (frame: readonly Line[]) => void;
  /** Erases the frame until `comeBack`, since somebody else writes: the cursor stands at the start of a row. */
  readonly stepAside: () => void;
  readonly comeBack: () => void;
  /** Erases the frame and gives the cursor back; drawing begins anew. */
  readonly leave: () => void;
};

const CSI = "\u001b[";
const UPDATE_BEGIN = `${CSI}?2026h`;
const UPDATE_END = `${CSI}?2026l`;
const WRAP_OFF = `${CSI}?7l`;
const WRAP_ON = `${CSI}?7h`;
const CURSOR_HIDE = `${CSI}?25l`;
const CURSOR_SHOW = `${CSI}?25h`;
const ERASE_ROW = `${CSI}K`;
const ERASE_BELOW = `${CSI}J`;
const NEXT_ROW = "\r\n";

/** Makes the live screen of a terminal; nothing is written before the first call. */
export function createLiveScreen(stream: ScreenStream): LiveScreen {
  let frame: readonly Line[] = [];
  let drawn: readonly string[] = [];
  let drawnSize: ScreenSize | undefined;
  let isHidden = false;

  const hide = (): string => {
    if (isHidden) return "";
    isHidden = true;
    return CURSOR_HIDE;
  };
  const toTop = (): string => {
    // Rows that left a screen that got shorter are beyond reach: no terminal goes higher than its first row.
    const up = drawn.length - 1;
    return drawn.length === 0 ? "" : `\r${up > 0 ? `${CSI}${up}A` : ""}`;
  };
  const erase = (): string => {
    const text = drawn.length === 0 ? "" : toTop() + ERASE_BELOW;
    drawn = [];
    return text;
  };
  const place = (): string => {
    const next = frame.map((line) => lineText(line, stream.isColour));
    const rest = drawn.length > next.length ? ERASE_BELOW : "";
    const rows = next.map((text) => text + ERASE_ROW).join(NEXT_ROW);
    const text = `${toTop()}${WRAP_OFF}${rows}${rest}${WRAP_ON}`;
    drawn = next;
    drawnSize = stream.size();
    return next.length === 0 ? "" : hide() + text;
  };
  const update = (text: string) => {
    if (text !== "") stream.write(`${UPDATE_BEGIN}${text}${UPDATE_END}`);
  };
  const isResized = () => {
    const { columns, rows } = stream.size();
    return drawnSize?.columns !== columns || drawnSize.rows !== rows;
  };
  const isSame = (next: readonly Line[]) =>
    !isResized() &&
    next.length === drawn.length &&
    next.every((line, index) => lineText(line, stream.isColour) === drawn[index]);
  return {
    print: (lines) => {
      const text = lines.map((line) => lineText(line, stream.isColour) + NEXT_ROW).join("");
      update(erase() + text + place());
    },
    draw: (next) => {
      frame = next;
      if (next.length === 0) update(erase());
      else if (!isSame(next)) update(place());
    },
    stepAside: () => update(erase()),
    comeBack: () => update(place()),
    leave: () => {
      const text = erase() + (isHidden ? CURSOR_SHOW : "");
      isHidden = false;
      frame = [];
      update(text);
    },
  };
}
