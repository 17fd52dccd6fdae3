import { boot } from "./core/boot.ts"; await boot();
