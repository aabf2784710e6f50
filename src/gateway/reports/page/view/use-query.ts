/** The query as the address holds it: what is typed replaces, what is opened can be gone back from. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { type Query, readQuery, writeQuery } from "../data/query.ts";

/** The query now, and how to change it. */
export function useQuery(): readonly [Query, (patch: Partial<Query>, isStep?: boolean) => void] {
  const [query, setQuery] = useState(() => readQuery(location.hash));
  useEffect(() => {
    const read = () => setQuery(readQuery(location.hash));
    window.addEventListener("hashchange", read);
    window.addEventListener("popstate", read);
    return () => {
      window.removeEventListener("hashchange", read);
      window.removeEventListener("popstate", read);
    };
  }, []);
  const change = useCallback((patch: Partial<Query>, isStep = false) => {
    setQuery((old) => {
      const next = { ...old, ...patch };
      const hash = writeQuery(next);
      if (hash !== location.hash) {
        if (isStep) history.pushState(null, "", hash);
        else history.replaceState(null, "", hash);
      }
      return next;
    });
  }, []);
  return [query, change];
}
