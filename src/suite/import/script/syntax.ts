/** The parts of a script that the importer understands, free of the parser's own tree. Everything else is `other`, by its name. */
import type { Position } from "../../reading/fault-log.ts";

/** Where it stands, and its text as written. */
export type Written = Position & { readonly text: string };

export type Binding =
  | ({ readonly kind: "name" } & BoundName)
  | {
      readonly kind: "mapping";
      readonly names: readonly ({ readonly key: string } & BoundName)[];
      /** What is taken apart where nothing is given. */
      readonly otherwise?: Expression;
    }
  | { readonly kind: "list"; readonly names: readonly (string | undefined)[] }
  | { readonly kind: "other" };

/** A name, and what it stands for where nothing is given. */
type BoundName = { readonly name: string; readonly otherwise?: Expression };

/** `name as local`. */
export type Imported = { readonly name: string; readonly local: string };

export type FunctionParts = {
  readonly params: readonly Binding[];
  readonly body: readonly Statement[];
};

export type Expression = Written &
  (
    | { readonly kind: "literal"; readonly value: string | number | boolean | null }
    | { readonly kind: "pattern"; readonly source: string; readonly flags: string }
    /** One text more than values. */
    | {
        readonly kind: "template";
        readonly texts: readonly string[];
        readonly values: readonly Expression[];
      }
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "member"; readonly of: Expression; readonly name: string }
    | { readonly kind: "item"; readonly of: Expression; readonly at: Expression }
    | { readonly kind: "call"; readonly callee: Expression; readonly args: readonly Expression[] }
    | { readonly kind: "await"; readonly value: Expression }
    | { readonly kind: "list"; readonly items: readonly Expression[] }
    | { readonly kind: "mapping"; readonly entries: readonly MappingEntry[] }
    | ({ readonly kind: "function" } & FunctionParts)
    | {
        readonly kind: "binary";
        readonly operator: string;
        readonly left: Expression;
        readonly right: Expression;
      }
    | { readonly kind: "unary"; readonly operator: string; readonly value: Expression }
    | { readonly kind: "assign"; readonly target: Expression; readonly value: Expression }
    | { readonly kind: "other"; readonly what: string }
  );

/** `key: value`; without a key it is spread: `...value`. */
export type MappingEntry = { readonly key: string | undefined; readonly value: Expression };

export type Statement = Written &
  (
    | { readonly kind: "expression"; readonly value: Expression }
    | {
        readonly kind: "declare";
        readonly binding: Binding;
        readonly value: Expression | undefined;
      }
    | ({ readonly kind: "function"; readonly name: string } & FunctionParts)
    | { readonly kind: "block"; readonly body: readonly Statement[] }
    | {
        readonly kind: "each";
        readonly binding: Binding;
        readonly values: Expression;
        readonly body: readonly Statement[];
      }
    | { readonly kind: "return"; readonly value: Expression | undefined }
    | { readonly kind: "import"; readonly from: string; readonly names: readonly Imported[] }
    | { readonly kind: "nothing" }
    | { readonly kind: "other"; readonly what: string }
  );
