/** A picture in large, and its neighbours. */
import { useEffect, useRef } from "preact/hooks";
import type { Enlarged } from "./page-context.ts";

export type LightboxProps = {
  readonly enlarged: Enlarged | undefined;
  readonly change: (to: Enlarged | undefined) => void;
};

export function Lightbox({ enlarged, change }: LightboxProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = enlarged !== undefined;
  useEffect(() => {
    if (isOpen && dialog.current?.open === false) dialog.current.showModal();
    if (!isOpen) dialog.current?.close();
  }, [isOpen]);
  const picture = enlarged?.pictures[enlarged.index];
  const move = (by: number) => {
    if (enlarged === undefined) return;
    const index = Math.min(Math.max(enlarged.index + by, 0), enlarged.pictures.length - 1);
    change({ ...enlarged, index });
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "ArrowRight" || event.key === "j") move(1);
    if (event.key === "ArrowLeft" || event.key === "k") move(-1);
  };
  return (
    <dialog
      class="lightbox"
      ref={dialog}
      onClose={() => change(undefined)}
      onKeyDown={press}
      aria-label="Picture"
    >
      {enlarged !== undefined && picture !== undefined && (
        <>
          <div class="lightbox-head">
            <span class="lightbox-name">{picture.name}</span>
            {enlarged.pictures.length > 1 && (
              <>
                <span class="count">
                  {enlarged.index + 1} of {enlarged.pictures.length}
                </span>
                <button
                  type="button"
                  class="quiet"
                  onClick={() => move(-1)}
                  disabled={enlarged.index === 0}
                >
                  Previous
                </button>
                <button
                  type="button"
                  class="quiet"
                  onClick={() => move(1)}
                  disabled={enlarged.index === enlarged.pictures.length - 1}
                >
                  Next
                </button>
              </>
            )}
            <a href={picture.href}>Open the file</a>
            <button type="button" class="quiet" onClick={() => change(undefined)}>
              Close
            </button>
          </div>
          <img src={picture.href} alt={`Screenshot ${picture.name}`} />
        </>
      )}
    </dialog>
  );
}
