/** Pictures that enlarge and videos that play in their place. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { PageArtifact } from "../../packed/unpack.ts";
import { hrefOf } from "../data/links.ts";
import { type Picture, usePage } from "./page-context.ts";

/** The pictures that lie beside the page. */
export function picturesOf(artifacts: readonly PageArtifact[]): readonly Picture[] {
  return artifacts.flatMap((artifact) => {
    const href = hrefOf(artifact);
    const isPicture = artifact.kind === "screenshot" || artifact.kind === "baseline";
    return isPicture && href !== undefined ? [{ href, name: artifact.name }] : [];
  });
}

export function Thumbnail({ pictures, index }: { pictures: readonly Picture[]; index: number }) {
  const { enlarge, isMediaFew } = usePage();
  const picture = pictures[index];
  if (picture === undefined) return null;
  return (
    <button
      type="button"
      class="thumbnail"
      title={picture.name}
      onClick={() => enlarge({ pictures, index })}
    >
      <img
        src={picture.href}
        alt={`Screenshot ${picture.name}`}
        loading={isMediaFew ? "eager" : "lazy"}
        decoding="async"
      />
    </button>
  );
}

/** A player costs as much as a hundred lines: one that only flies by is never made. */
const SETTLED_MS = 150;

/** A film that plays in its place. */
export function Film({ artifact }: { artifact: PageArtifact }) {
  const [isSettled, setSettled] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(true), SETTLED_MS);
    return () => clearTimeout(timer);
  }, []);
  const href = hrefOf(artifact);
  if (href === undefined) return null;
  if (!isSettled) return <span class="film" />;
  return (
    <video
      class="film"
      src={href}
      controls
      muted
      playsInline
      preload="metadata"
      onLoadedMetadata={preview}
      onPlay={fromStart}
      aria-label={`Video ${artifact.name}`}
      title={artifact.name}
    />
  );
}

/** A film of a long list: its player is there only near the screen. */
export function FilmNearby({ artifact }: { artifact: PageArtifact }) {
  const { isMediaFew } = usePage();
  const place = useRef<HTMLDivElement>(null);
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    const own = place.current;
    if (own === null || isMediaFew) return;
    const observer = new IntersectionObserver(
      (entries) => setNear(entries.at(-1)?.isIntersecting === true),
      { rootMargin: "500px" },
    );
    observer.observe(own);
    return () => observer.disconnect();
  }, [isMediaFew]);
  return (
    <div ref={place}>
      {isMediaFew || isNear ? <Film artifact={artifact} /> : <span class="film" />}
    </div>
  );
}

/** Where in a film a picture of it is taken, as a share: the first one is mostly an empty page. */
const PREVIEW_SHARE = 0.6;

function preview({ currentTarget: film }: { readonly currentTarget: HTMLVideoElement }): void {
  if (Number.isFinite(film.duration)) film.currentTime = film.duration * PREVIEW_SHARE;
}

/** It plays from its beginning, unless somebody has chosen another place. */
function fromStart({ currentTarget: film }: { readonly currentTarget: HTMLVideoElement }): void {
  const isPreview = Math.abs(film.currentTime - film.duration * PREVIEW_SHARE) < 0.05;
  if (isPreview) film.currentTime = 0;
}
