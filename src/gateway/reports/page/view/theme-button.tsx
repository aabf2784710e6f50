/** Light, dark or as the system has it; kept in this browser where it may be. */
import { useEffect, useState } from "preact/hooks";

const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const KEY = "panoptic-report-theme";
const WORDS: Readonly<Record<Theme, string>> = { auto: "Auto", light: "Light", dark: "Dark" };

/** Told to those who draw by themselves. */
export const THEME_EVENT = "panoptic-theme";

export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(kept);
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
      class="quiet"
      id="theme"
      onClick={next}
      title="Light, dark, as the system (t)"
    >
      <span class="unseen">Colours: </span>
      {WORDS[theme]}
    </button>
  );
}

function kept(): Theme {
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
