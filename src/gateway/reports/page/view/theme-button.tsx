/** Light, dark or as the system has it; kept in this browser where it may be. */
import { useEffect, useState } from "preact/hooks";

const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const KEY = "panoptic-report-theme";
const WORDS: Readonly<Record<Theme, string>> = {
  auto: "as the system",
  light: "light",
  dark: "dark",
};
const SHAPES: Readonly<Record<Theme, string>> = {
  auto: "M8 2a6 6 0 0 1 0 12z",
  light: "",
  dark: "M8 2a6 6 0 0 1 0 12a6 6 0 0 1 0-12z",
};

/** Told to those who draw by themselves. */
export const THEME_EVENT = "panoptic-theme";

export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(keptTheme);
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
    document.dispatchEvent(new Event(THEME_EVENT));
  }, [theme]);
  const next = () => {
    const following = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto";
    setTheme(following);
    keep(following);
  };
  return (
    <button
      type="button"
      class="quiet icon"
      id="theme"
      onClick={next}
      title={`Colours: ${WORDS[theme]} (t)`}
    >
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <circle cx="8" cy="8" r="6" class="theme-ring" />
        <path d={SHAPES[theme]} class="theme-half" />
      </svg>
      <span class="unseen">Colours: {WORDS[theme]}</span>
    </button>
  );
}

/** The theme that was chosen in this browser. */
export function keptTheme(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? "auto";
  } catch {
    // A page from a file may have no storage.
    return "auto";
  }
}

function keep(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // As above: it lasts as long as the page then.
  }
}
