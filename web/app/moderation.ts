// The moderation console.
import { boot } from "./core/boot.ts";

await boot("moderation");
await import("./moderation/console.ts");
