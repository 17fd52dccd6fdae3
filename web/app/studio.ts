// The studio.
import { boot } from "./core/boot.ts";

await boot("studio");
await import("./studio/studio.ts");
