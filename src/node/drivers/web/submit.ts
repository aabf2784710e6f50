/** The `submit` step: a form as a person submits it, by its button where it has one. */
import type { ElementHandle, Locator as PageLocator } from "playwright-core";
import type { Step } from "#proto/step.ts";
import { actAndLoad, NO_WAIT } from "./loading.ts";
import { toPageLocator } from "./locate.ts";
import { bounds, type Scene } from "./scene.ts";

type SubmitStep = Extract<Step, { kind: "submit" }>;

/** Clicks a button; submits a form that is named, or else the one that was filled in last. Waits for the page that follows. */
export async function submit(scene: Scene, step: SubmitStep): Promise<void> {
  if (step.locator === undefined) return submitForm(scene, await usedForm(scene));
  const named = toPageLocator(scene.page, step.locator);
  await named.waitFor({ state: "attached", ...bounds(scene) });
  if (await named.evaluate((element) => element instanceof HTMLFormElement))
    return submitForm(scene, named);
  return actAndLoad(scene, () => named.click({ ...bounds(scene), ...NO_WAIT }));
}

/** The form with the focus, as a filled field has it; else the first that can be seen, else the first. */
async function usedForm({ page, ...scene }: Scene): Promise<PageLocator> {
  const forms = page.locator("form");
  await forms.first().waitFor({ state: "attached", timeout: 0, signal: scene.signal });
  const index = await forms.evaluateAll((all) => {
    const active = document.activeElement;
    const own = active !== null && "form" in active ? active.form : active?.closest("form");
    return all.indexOf(own as HTMLFormElement);
  });
  if (index >= 0) return forms.nth(index);
  const shown = forms.filter({ visible: true });
  return ((await shown.count()) > 0 ? shown : forms).first();
}

async function submitForm(scene: Scene, form: PageLocator): Promise<void> {
  await using found = await form.evaluateHandle(findButton);
  const button: ElementHandle | null = found.asElement();
  await warnOfInvalid(scene, form);
  await actAndLoad(scene, () =>
    button === null
      ? form.evaluate((element) => (element as HTMLFormElement).requestSubmit())
      : button.click({ ...bounds(scene), ...NO_WAIT }),
  );
}

/** Runs in the page: the button that submits the form, also one that stands outside of it. */
function findButton(form: Element): Element | null {
  const selector = "button, input[type=submit], input[type=image]";
  const isOwn = (one: Element) =>
    (one as HTMLButtonElement).form === form &&
    (one as HTMLButtonElement).type !== "button" &&
    (one as HTMLButtonElement).type !== "reset";
  const isShown = (one: Element) => one.getClientRects().length > 0;
  return [...document.querySelectorAll(selector)].find((one) => isOwn(one) && isShown(one)) ?? null;
}

/** The browser itself holds such a form back, with a bubble that no step sees. */
async function warnOfInvalid({ options }: Scene, form: PageLocator): Promise<void> {
  const fault = await form.evaluate((element) => {
    const { noValidate, elements } = element as HTMLFormElement;
    if (noValidate) return undefined;
    const invalid = [...elements].find(
      (one) => (one as HTMLInputElement).validity?.valid === false,
    );
    if (!(invalid instanceof HTMLElement)) return undefined;
    const { name, validationMessage } = invalid as HTMLInputElement;
    return `${name === "" ? invalid.tagName.toLowerCase() : name}: ${validationMessage}`;
  });
  if (fault === undefined) return;
  const text = `The browser holds the form back until its fields are right: ${fault}`;
  options.warn(options.redactor.text(text));
}
