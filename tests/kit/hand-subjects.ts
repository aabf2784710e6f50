/** Who listens to which subject: an index by pattern, so that a message among thousands of parties costs what it is worth. */

export type Subjects<T> = {
  /** Returns how to end it. */
  readonly listen: (pattern: string, listener: T) => () => void;
  /** In the order of listening, those of the subject itself first. */
  readonly listenersOf: (subject: string) => readonly T[];
};

export function createSubjects<T>(): Subjects<T> {
  const listeners = new Map<string, Set<T>>();
  /** Of each subject that was used: there are a few for each party. */
  const patterns = new Map<string, readonly string[]>();
  return {
    listen: (pattern, listener) => {
      const known = listeners.get(pattern) ?? new Set();
      listeners.set(pattern, known.add(listener));
      return () => {
        known.delete(listener);
        if (known.size === 0 && listeners.get(pattern) === known) listeners.delete(pattern);
      };
    },
    listenersOf: (subject) => {
      const wanted = patterns.get(subject) ?? patternsOf(subject);
      patterns.set(subject, wanted);
      const found: T[] = [];
      for (const pattern of wanted) found.push(...(listeners.get(pattern) ?? []));
      return found;
    },
  };
}

/** NATS patterns that a subject meets, as far as the protocol uses them: at most one word is `*`. */
function patternsOf(subject: string): readonly string[] {
  const words = subject.split(".");
  return [subject, ...words.map((_, index) => words.with(index, "*").join("."))];
}
