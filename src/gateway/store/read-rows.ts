/**
 * Typed, synchronous reads: drizzle builds the SQL and knows the types, our one connection runs it.
 * (drizzle's own drivers are asynchronous over a proxy, or want another package's name for libsql: facts of 2026-11.)
 */
import { getTableColumns, type InferSelectModel, type SQL } from "drizzle-orm";
import { QueryBuilder, type SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Sqlite, SqlRow, SqlValue } from "#shared/sqlite.ts";

export type ReadOptions = {
  readonly where?: SQL | undefined;
  readonly orderBy?: readonly SQL[];
  readonly limit?: number;
};

const builder = new QueryBuilder();

/** All rows of a table that match, as drizzle's type of the table. */
export function readRows<T extends SQLiteTable>(
  db: Sqlite,
  table: T,
  options: ReadOptions,
): InferSelectModel<T>[] {
  const query = builder
    .select()
    .from(table)
    .where(options.where)
    .orderBy(...(options.orderBy ?? []))
    .limit(options.limit ?? -1);
  const { sql, params } = query.toSQL();
  const columns = Object.entries(getTableColumns(table)).map(
    ([key, column]) => [key, column.name] as const,
  );
  return db
    .prepare(sql)
    .all(...(params as SqlValue[]))
    .map(
      (row: SqlRow) =>
        Object.fromEntries(
          columns.map(([key, name]) => [key, row[name] ?? null]),
        ) as InferSelectModel<T>,
    );
}
