// Property tests without a library: many seeds, and the seed of a failure in its message.
import { chance } from "../app/core/hash.ts";

export interface Random {
  (): number;
  whole(least: number, most: number): number;
}

export function forAll(runs: number, check: (random: Random) => void): void {
  for (let seed = 1; seed <= runs; seed += 1) {
    const next = chance(seed);
    const random = Object.assign(next, { whole: (least: number, most: number) => least + Math.floor(next() * (most - least + 1)) });
    try {
      check(random);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
}
