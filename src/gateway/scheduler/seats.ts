/** Pure: the nodes that may take more in a turn, the emptiest first. A binary heap: a turn may fill thousands of slots. */
import type { NodeRoom } from "./assign.ts";

export type Seat = {
  readonly node: NodeRoom;
  /** Its leases, with those of this turn. */
  taken: number;
  /** Nothing more goes there in this turn. */
  isReserved: boolean;
  /** When one of its slots is thought to be free, from now. */
  freeInMs: number;
};

export type Seats = {
  /** The emptiest by its slots, of equals the faster, of equals the first; undefined when there is none. */
  readonly take: () => Seat | undefined;
  /** Puts a seat back after it took something. */
  readonly put: (seat: Seat) => void;
};

export function emptiestFirst(seats: readonly Seat[]): Seats {
  const orders = new Map(seats.map((seat, index) => [seat, index]));
  const isBefore = (a: Seat, b: Seat): boolean => {
    const fuller = a.taken / a.node.slots - b.taken / b.node.slots || a.node.speed - b.node.speed;
    return fuller === 0 ? (orders.get(a) ?? 0) < (orders.get(b) ?? 0) : fuller < 0;
  };
  const heap: Seat[] = [];
  const put = (seat: Seat): void => {
    heap.push(seat);
    rise(heap, isBefore);
  };
  for (const seat of seats) put(seat);
  return {
    put,
    take: () => {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined || heap.length === 0) return first;
      heap[0] = last;
      sink(heap, isBefore);
      return first;
    },
  };
}

type IsBefore = (a: Seat, b: Seat) => boolean;

/** The last one goes up to its place. */
function rise(heap: Seat[], isBefore: IsBefore): void {
  for (let at = heap.length - 1; at > 0; ) {
    const parent = (at - 1) >> 1;
    if (!swapIf(heap, { lower: at, upper: parent }, isBefore)) return;
    at = parent;
  }
}

/** The first one goes down to its place. */
function sink(heap: Seat[], isBefore: IsBefore): void {
  for (let at = 0; ; ) {
    const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
    if (left === undefined) return;
    const child = 2 * at + (right !== undefined && isBefore(right, left) ? 2 : 1);
    if (!swapIf(heap, { lower: child, upper: at }, isBefore)) return;
    at = child;
  }
}

function swapIf(
  heap: Seat[],
  { lower, upper }: { readonly lower: number; readonly upper: number },
  isBefore: IsBefore,
): boolean {
  const [low, up] = [heap[lower], heap[upper]];
  if (low === undefined || up === undefined || !isBefore(low, up)) return false;
  heap[lower] = up;
  heap[upper] = low;
  return true;
}
