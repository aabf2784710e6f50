/** P: the published JSON Schema of `report.json`. */
import { z } from "zod";
import { REPORT_SCHEMA_VERSION, Report } from "#proto/report.ts";

/** The schema as JSON Schema, draft 2020-12. Open to further keys: the report only ever grows within a schema version. */
export function reportJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(Report, {
    target: "draft-2020-12",
    reused: "ref",
    io: "input",
  });
  return { title: `Panoptic report, schema version ${REPORT_SCHEMA_VERSION}`, ...schema };
}
