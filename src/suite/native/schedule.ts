/** When and beside what a test may run, out of its fields. What tests say of one another is checked in schedule-book.ts. */
import type { Json } from "#proto/matcher.ts";
import { Schedule } from "#proto/schedule.ts";
import type { TestDefinition } from "#proto/test.ts";
import { isJsonList } from "#shared/json-kind.ts";
import { groupName } from "../test-key.ts";
import { shownValue } from "./shown-value.ts";

type Suite = { readonly name: string; readonly isSerial: boolean };

type Saying = {
  readonly suite: Suite;
  readonly exempt: string | undefined;
  readonly role: string | undefined;
};

/**
 * What fields and suite say of a test; a group's name is unique among all suites of a run. It does not wait for
 * `exempt`. Absent: nothing was said.
 */
export function scheduleIn(
  read: (name: string) => Json | undefined,
  { suite, exempt, role }: Saying,
): Pick<TestDefinition, "schedule"> {
  const after = shownValue(read("after") ?? null);
  const said = {
    priority: read("priority"),
    // What is before or after all tests is in no group of theirs.
    group: role === undefined ? groupIn(shownValue(read("group") ?? null), suite) : undefined,
    locks: shownValue(read("locks") ?? null) ?? undefined,
    after: isJsonList(after) ? namesIn(after, exempt) : undefined,
    each: read("each"),
    role,
  };
  // Each by itself: what was refused, or waits for the environment, is as if it was not set.
  const set = Object.entries(said).flatMap(([name, value]) => {
    const one = Schedule.safeParse({ [name]: value });
    return value === undefined || !one.success ? [] : [one.data];
  });
  return set.length === 0 ? {} : { schedule: Schedule.parse(Object.assign({}, ...set)) };
}

/** None is as if nothing was said. */
function namesIn(after: readonly Json[], exempt: string | undefined): Json | undefined {
  const names = [...new Set(after)].filter((name) => name !== exempt);
  return names.length === 0 ? undefined : names;
}

function groupIn(group: Json | undefined, { name, isSerial }: Suite): Json | undefined {
  if (isSerial) return { name: groupName(name), isSerial: true };
  return typeof group === "string" ? { name: groupName(name, group), isSerial: false } : undefined;
}
