/** What every part of the page may need: the report, the query and how to change it. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Book } from "../data/book.ts";
import type { Query } from "../data/query.ts";
import type { Selection } from "../data/select.ts";

export type Page = {
  readonly book: Book;
  readonly query: Query;
  readonly selection: Selection;
  /** So few tests of the selection show pictures and films that all may be loaded at once. */
  readonly isMediaFew: boolean;
  /** Changes the query in place; `isStep` makes a step to go back to. */
  readonly change: (patch: Partial<Query>, isStep?: boolean) => void;
  /** Shows a picture in large. */
  readonly enlarge: (pictures: Enlarged) => void;
};

export type Picture = { readonly href: string; readonly name: string };
export type Enlarged = { readonly pictures: readonly Picture[]; readonly index: number };

export const PageContext = createContext<Page | undefined>(undefined);

/** @throws {Error} Outside of the page. */
export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === undefined) throw new Error("Cannot use the page: there is none above");
  return page;
}
