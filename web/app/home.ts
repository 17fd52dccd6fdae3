// The home page.
import { boot } from "./core/boot.ts";
import { top } from "./core/top.ts";

await boot();
top();
await import("./home/home.ts");
void import("./home/nav.ts");
