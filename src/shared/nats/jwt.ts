/**
 * P: the tokens by which a nats-server in operator mode knows its account and its users: claims as JSON, signed by an
 * nkey (Ed25519). Format: github.com/nats-io/jwt, version 2. Fifty lines of ours instead of a library that sets the
 * time by itself: the same keys and the same time give the same text, so a server's configuration stays as it is.
 */
import { createHash } from "node:crypto";
import type { nkeys } from "@nats-io/transport-node";

type KeyPair = ReturnType<typeof nkeys.fromSeed>;

/** What a user may say and hear. Subjects with the wildcards of NATS; whatever is not allowed is refused. */
export type Permissions = {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** May answer a request that it got: once each, within this. Absent: answers need a publish permission. */
  readonly replyWithinMs?: number;
  /** How many subscriptions at once. */
  readonly subscriptionsMax: number;
};

/** Signs claims; `issuedAt` in seconds since 1970. */
type Signing = { readonly by: KeyPair; readonly issuedAt: number };

/** The root of trust: an operator that vouches for itself. */
export function operatorJwt({ by, issuedAt }: Signing): string {
  return sign(
    { by, issuedAt },
    { name: "panoptic", sub: by.getPublicKey(), nats: { type: "operator" } },
  );
}

/** An account of that operator, without limits of its own; no other account is there to import from it. */
export function accountJwt(signing: Signing, accountPublicKey: string): string {
  const limits = {
    subs: -1,
    data: -1,
    payload: -1,
    imports: 0,
    exports: 0,
    wildcards: true,
    conn: -1,
    leaf: 0,
  };
  return sign(signing, {
    name: "mesh",
    sub: accountPublicKey,
    nats: { limits, default_permissions: { pub: {}, sub: {} }, type: "account" },
  });
}

export type UserClaims = {
  readonly publicKey: string;
  /** Shown in the server's log. */
  readonly name: string;
  readonly permissions: Permissions;
};

/** A user of the account that signs: useless without the user's own seed, which never leaves its owner. */
export function userJwt(signing: Signing, { publicKey, name, permissions }: UserClaims): string {
  const { publish, subscribe, replyWithinMs, subscriptionsMax } = permissions;
  return sign(signing, {
    name,
    sub: publicKey,
    nats: {
      pub: { allow: publish },
      sub: { allow: subscribe },
      ...(replyWithinMs === undefined ? {} : { resp: { max: 1, ttl: replyWithinMs * 1_000_000 } }),
      subs: subscriptionsMax,
      data: -1,
      payload: -1,
      allowed_connection_types: ["STANDARD"],
      type: "user",
    },
  });
}

type Claims = {
  readonly name: string;
  readonly sub: string;
  readonly nats: Readonly<Record<string, unknown>>;
};

function sign({ by, issuedAt }: Signing, { name, sub, nats }: Claims): string {
  const claims = {
    iat: issuedAt,
    iss: by.getPublicKey(),
    name,
    sub,
    nats: { ...nats, version: 2 },
  };
  const jti = createHash("sha256").update(JSON.stringify(claims)).digest("hex");
  const text = `${part({ typ: "JWT", alg: "ed25519-nkey" })}.${part({ jti, ...claims })}`;
  return `${text}.${Buffer.from(by.sign(Buffer.from(text))).toString("base64url")}`;
}

const part = (json: unknown): string => Buffer.from(JSON.stringify(json)).toString("base64url");
