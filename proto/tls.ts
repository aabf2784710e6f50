/** How TLS connections of requests are made: whom they trust, and who they say they are. */
import { z } from "zod";
import { Json, Text } from "./matcher.ts";

/** Paths are relative to the suite's folder, listed in the test's `files`. */
export const Tls = z.strictObject({
  /** Trusted beside the usual ones: PEM. */
  ca: z.string().optional(),
  cert: z.string().optional(),
  key: z.string().optional(),
  /** Instead of the pair. */
  pfx: z.string().optional(),
  passphrase: Text.optional(),
  /** True: any certificate is taken. */
  insecure: z.boolean().optional(),
  /** Whom the certificate must name; absent: the URL's host. */
  serverName: Text.optional(),
  minVersion: z.enum(["1.2", "1.3"]).optional(),
});
export type Tls = z.infer<typeof Tls>;

/** The same as it travels with a test: its values may hold `${secrets.…}`. */
export const TlsArgs = z.record(z.string(), Json);
