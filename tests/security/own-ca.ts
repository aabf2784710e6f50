/** A CA of the test and the certificates that it signs, made by openssl: no key is ever committed. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Leaf = { readonly certPath: string; readonly keyPath: string };

export type OwnCa = Disposable & {
  readonly dir: string;
  /** The CA's own certificate. */
  readonly caPath: string;
  /** Another CA, which has signed nothing. */
  readonly strangerPath: string;
  /** Signs a certificate for names, as `IP:127.0.0.1,DNS:localhost`; `until` as `20200101000000Z`. */
  readonly sign: (name: string, names: string, times?: Times) => Leaf;
};

type Times = { readonly from: string; readonly until: string };

const VALID: Times = { from: "20200101000000Z", until: "20991231000000Z" };
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
const CONFIG = `[ca]
default_ca = own
[own]
dir = .
database = index.txt
new_certs_dir = .
serial = serial
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
`;

/** Whether this machine can make certificates at all; without it the tests that need them are skipped, and counted so. */
export function hasOpenssl(): boolean {
  return spawnSync("openssl", ["version"]).status === 0;
}

export function makeOwnCa(): OwnCa {
  const dir = mkdtempSync(join(tmpdir(), "panoptic-ca-"));
  const openssl = (...words: string[]) =>
    void execFileSync("openssl", words, { cwd: dir, stdio: "pipe" });
  const newCa = (name: string) => {
    const out = ["-keyout", `${name}.key`, "-out", `${name}.pem`, "-subj", `/CN=${name}`];
    openssl("req", "-x509", ...NEW_KEY, ...out, "-days", "2");
    return join(dir, `${name}.pem`);
  };
  const caPath = newCa("own-ca");
  const strangerPath = newCa("stranger-ca");
  writeFileSync(join(dir, "ca.cnf"), CONFIG);
  writeFileSync(join(dir, "index.txt"), "");
  writeFileSync(join(dir, "serial"), "01\n");
  const sign = (name: string, names: string, times = VALID): Leaf => {
    const [csr, certPath, keyPath] = [
      `${name}.csr`,
      join(dir, `${name}.pem`),
      join(dir, `${name}.key`),
    ];
    const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=${names}`];
    openssl("req", ...NEW_KEY, "-keyout", keyPath, "-out", csr, ...subject);
    const by = ["-config", "ca.cnf", "-cert", "own-ca.pem", "-keyfile", "own-ca.key"];
    const when = ["-startdate", times.from, "-enddate", times.until];
    openssl("ca", "-batch", "-notext", ...by, ...when, "-in", csr, "-out", certPath);
    return { certPath, keyPath };
  };
  const remove = () => rmSync(dir, { recursive: true, force: true });
  return { dir, caPath, strangerPath, sign, [Symbol.dispose]: remove };
}
