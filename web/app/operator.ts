// The operator's board.
import { boot } from "./core/boot.ts";

await boot("operator");
await import("./operator/board.ts");
