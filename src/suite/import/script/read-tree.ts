/** Reads the parser's tree into the importer's own: types are dropped, what is not understood keeps its name and text. */
import type { parse } from "@babel/parser";
import type { Binding, Expression, Imported, MappingEntry, Statement, Written } from "./syntax.ts";

type StatementNode = ReturnType<typeof parse>["program"]["body"][number];
type Of<T extends string, N = StatementNode> = Extract<N, { type: T }>;
type ExpressionNode = Of<"ExpressionStatement">["expression"];
type FunctionNode = Of<"ArrowFunctionExpression" | "FunctionExpression", ExpressionNode>;
type BindingNode =
  | Of<"VariableDeclaration">["declarations"][number]["id"]
  | FunctionNode["params"][number];
/** Any node, as far as it is only named. */
type Node = {
  readonly type: string;
  readonly start?: number | null;
  readonly end?: number | null;
  readonly loc?: { readonly start: { readonly line: number; readonly column: number } } | null;
};

function writtenOf(node: Node, script: string): Written {
  const { line, column } = node.loc?.start ?? { line: 1, column: 0 };
  return { line, column: column + 1, text: script.slice(node.start ?? 0, node.end ?? 0) };
}

/** One statement; a declaration of several names becomes several. */
export function readStatement(node: StatementNode, script: string): readonly Statement[] {
  const at = writtenOf(node, script);
  const bodyOf = (inner: StatementNode): readonly Statement[] =>
    inner.type === "BlockStatement"
      ? inner.body.flatMap((one) => readStatement(one, script))
      : readStatement(inner, script);
  switch (node.type) {
    case "ExpressionStatement":
      return [{ ...at, kind: "expression", value: readExpression(node.expression, script) }];
    case "VariableDeclaration":
      return node.declarations.map((one) => ({
        ...at,
        kind: "declare",
        binding: readBinding(one.id, script),
        value: one.init ? readExpression(one.init, script) : undefined,
      }));
    case "FunctionDeclaration":
      return [
        {
          ...at,
          kind: "function",
          name: node.id?.name ?? "",
          params: node.params.map((param) => readBinding(param, script)),
          body: bodyOf(node.body),
        },
      ];
    case "BlockStatement":
      return [{ ...at, kind: "block", body: bodyOf(node) }];
    case "ForOfStatement":
      return [
        {
          ...at,
          kind: "each",
          binding: readLoopBinding(node.left, script),
          values: readExpression(node.right, script),
          body: bodyOf(node.body),
        },
      ];
    case "ReturnStatement":
      return [
        {
          ...at,
          kind: "return",
          value: node.argument ? readExpression(node.argument, script) : undefined,
        },
      ];
    case "ImportDeclaration":
      return [
        {
          ...at,
          kind: "import",
          from: node.source.value,
          names: node.specifiers.map(importedName),
        },
      ];
    case "ExportNamedDeclaration":
      return node.declaration
        ? readStatement(node.declaration, script)
        : [{ ...at, kind: "nothing" }];
    case "EmptyStatement":
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return [{ ...at, kind: "nothing" }];
    default:
      return [{ ...at, kind: "other", what: wordsOf(node.type) }];
  }
}

function importedName(node: Of<"ImportDeclaration">["specifiers"][number]): Imported {
  const local = node.local.name;
  if (node.type !== "ImportSpecifier" || node.imported.type !== "Identifier")
    return { name: local, local };
  return { name: node.imported.name, local };
}

/** `if statement` of `IfStatement`. */
const wordsOf = (type: string): string =>
  type.replaceAll(/(?<=[a-z])([A-Z])/g, " $1").toLowerCase();

function readLoopBinding(left: Of<"ForOfStatement">["left"], script: string): Binding {
  if (left.type !== "VariableDeclaration") return { kind: "other" };
  const [first] = left.declarations;
  return first === undefined ? { kind: "other" } : readBinding(first.id, script);
}

function readBinding(node: BindingNode, script: string): Binding {
  switch (node.type) {
    case "Identifier":
      return { kind: "name", name: node.name };
    case "AssignmentPattern": {
      const otherwise = readExpression(node.right, script);
      if (node.left.type === "Identifier") return { kind: "name", name: node.left.name, otherwise };
      const inner = node.left.type === "ObjectPattern" ? readBinding(node.left, script) : undefined;
      return inner?.kind === "mapping" ? { ...inner, otherwise } : { kind: "other" };
    }
    case "ObjectPattern":
      return {
        kind: "mapping",
        names: node.properties.flatMap((property) => {
          if (property.type !== "ObjectProperty" || property.key.type !== "Identifier") return [];
          const key = property.key.name;
          const { value } = property;
          if (value.type === "Identifier") return [{ key, name: value.name }];
          if (value.type !== "AssignmentPattern" || value.left.type !== "Identifier") return [];
          return [{ key, name: value.left.name, otherwise: readExpression(value.right, script) }];
        }),
      };
    case "ArrayPattern":
      return {
        kind: "list",
        names: node.elements.map((one) => (one?.type === "Identifier" ? one.name : undefined)),
      };
    default:
      return { kind: "other" };
  }
}

/** One expression; marks of types are looked through. */
export function readExpression(node: ExpressionNode, script: string): Expression {
  const at = writtenOf(node, script);
  const read = (inner: ExpressionNode): Expression => readExpression(inner, script);
  switch (node.type) {
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
    case "TSTypeAssertion":
    case "ParenthesizedExpression":
      return read(node.expression);
    case "StringLiteral":
    case "NumericLiteral":
    case "BooleanLiteral":
      return { ...at, kind: "literal", value: node.value };
    case "NullLiteral":
      return { ...at, kind: "literal", value: null };
    case "RegExpLiteral":
      return { ...at, kind: "pattern", source: node.pattern, flags: node.flags };
    case "Identifier":
      return { ...at, kind: "name", name: node.name };
    case "AwaitExpression":
      return { ...at, kind: "await", value: read(node.argument) };
    case "UnaryExpression":
      return { ...at, kind: "unary", operator: node.operator, value: read(node.argument) };
    case "LogicalExpression":
      return {
        ...at,
        kind: "binary",
        operator: node.operator,
        left: read(node.left),
        right: read(node.right),
      };
    default:
      return readCompound(node, script);
  }
}

function readCompound(node: ExpressionNode, script: string): Expression {
  const at = writtenOf(node, script);
  const read = (inner: ExpressionNode): Expression => readExpression(inner, script);
  const other = { ...at, kind: "other", what: wordsOf(node.type) } as const;
  switch (node.type) {
    case "TemplateLiteral":
      return {
        ...at,
        kind: "template",
        texts: node.quasis.map(({ value }) => value.cooked ?? value.raw),
        values: node.expressions.map((one) => read(one as ExpressionNode)),
      };
    case "MemberExpression":
    case "OptionalMemberExpression":
      return readMember(node, script);
    case "CallExpression":
    case "OptionalCallExpression":
      if (node.callee.type === "Super" || node.callee.type === "Import") return other;
      return {
        ...at,
        kind: "call",
        callee: read(node.callee as ExpressionNode),
        args: node.arguments.map((one) => readArgument(one as ExpressionNode, script)),
      };
    case "ArrayExpression":
      return {
        ...at,
        kind: "list",
        items: node.elements.map((one) =>
          one === null
            ? { ...at, kind: "literal", value: null }
            : readArgument(one as ExpressionNode, script),
        ),
      };
    case "ObjectExpression":
      return {
        ...at,
        kind: "mapping",
        entries: node.properties.map((one) => readEntry(one, script)),
      };
    case "ArrowFunctionExpression":
    case "FunctionExpression":
      return {
        ...at,
        kind: "function",
        params: node.params.map((param) => readBinding(param, script)),
        body: readBody(node, script),
      };
    case "BinaryExpression":
      if (node.left.type === "PrivateName") return other;
      return {
        ...at,
        kind: "binary",
        operator: node.operator,
        left: read(node.left),
        right: read(node.right),
      };
    case "AssignmentExpression":
      if (node.operator !== "=" || node.left.type !== "Identifier") return other;
      return { ...at, kind: "assign", target: read(node.left), value: read(node.right) };
    default:
      return other;
  }
}

/** Whatever may stand in a list of arguments; what is spread is not understood. */
function readArgument(node: ExpressionNode, script: string): Expression {
  return readExpression(node, script);
}

function readMember(
  node: Of<"MemberExpression" | "OptionalMemberExpression", ExpressionNode>,
  script: string,
): Expression {
  const at = writtenOf(node, script);
  if (node.object.type === "Super") return { ...at, kind: "other", what: "super" };
  const of = readExpression(node.object as ExpressionNode, script);
  const { property } = node;
  if (!node.computed && property.type === "Identifier")
    return { ...at, kind: "member", of, name: property.name };
  if (property.type === "PrivateName") return { ...at, kind: "other", what: "private name" };
  const index = readExpression(property as ExpressionNode, script);
  if (index.kind === "literal" && typeof index.value === "string")
    return { ...at, kind: "member", of, name: index.value };
  return { ...at, kind: "item", of, at: index };
}

function readEntry(
  node: Of<"ObjectExpression", ExpressionNode>["properties"][number],
  script: string,
): MappingEntry {
  if (node.type === "SpreadElement")
    return { key: undefined, value: readExpression(node.argument, script) };
  if (node.type !== "ObjectProperty" || node.computed) {
    const at = writtenOf(node, script);
    return { key: "", value: { ...at, kind: "other", what: wordsOf(node.type) } };
  }
  const key = node.key.type === "Identifier" ? node.key.name : keyText(node.key);
  return { key, value: readExpression(node.value as ExpressionNode, script) };
}

function keyText(key: Node): string {
  return "value" in key ? String(key.value) : "";
}

function readBody(node: FunctionNode, script: string): readonly Statement[] {
  if (node.body.type === "BlockStatement")
    return node.body.body.flatMap((one) => readStatement(one, script));
  const at = writtenOf(node.body, script);
  return [{ ...at, kind: "return", value: readExpression(node.body, script) }];
}
