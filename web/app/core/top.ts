// What the top bar does: search by key, theme, language, the guest's wallet.
import { html, nothing, render } from "lit";
import { avatar, icon } from "./element.ts";
import { grouped } from "./format.ts";
import { elsewhere } from "../player/keys.ts";
import type { Session } from "./session.ts";
import { locale, t } from "./text.ts";

const year = 31_536_000;

function cookie(name: string, value: string): void {
  document.cookie = `${name}=${value}; path=/; max-age=${year}; samesite=lax`;
}

function dark(): boolean {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : !matchMedia("(prefers-color-scheme: light)").matches;
}

function turnTheme(): void {
  const theme = dark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  cookie("hw_theme", theme);
}

function turnLanguage(): void {
  cookie("hw_lang", locale === "en" ? "zh-CN" : "en");
  const url = new URL(location.href);
  url.searchParams.delete("lang");
  location.replace(url);
}

export function menuItems(): unknown {
  return html`<button class="button" @click=${turnTheme}>${icon("theme", "small")} ${t("menu-theme")}</button>
    <button class="button" lang=${locale === "en" ? "zh-CN" : "en"} @click=${turnLanguage}>${icon("language", "small")} ${locale === "en" ? "中文" : "English"}</button>`;
}

/** Fills the account corner; the wallet shows once its balance is known. */
export function top(session?: Session): void {
  const account = document.getElementById("account");
  const draw = () => {
    if (!account) return;
    const guest = session?.guest;
    render(
      html`<button class="face" popovertarget="account-menu" aria-label=${t("menu-label")}>${avatar(guest?.user_id ?? "guest", 32)}</button>
        <div id="account-menu" class="menu" popover>${guest ? html`<p><b dir="auto">${guest.display_name}</b><br><span class="hint">${t("menu-guest")}</span></p>` : nothing}${menuItems()}</div>`,
      account,
    );
  };
  draw();
  session?.addEventListener("change", draw);
  document.addEventListener("headwater-wallet", (event) => {
    const wallet = document.getElementById("wallet");
    if (!wallet) return;
    const { balance } = (event as CustomEvent<{ balance: number }>).detail;
    wallet.hidden = false;
    render(html`<span class="chip gift number" title=${t("wallet")}>${icon("coin", "small")}${grouped(locale, balance)}</span>`, wallet);
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      document.getElementById("search")?.focus();
    }
  });
}

/** Runs `act` when this letter is pressed outside text fields. */
export function onKey(key: string, act: (event: KeyboardEvent) => void): void {
  document.addEventListener("keydown", (event) => {
    if (event.key !== key || elsewhere(event)) return;
    event.preventDefault();
    act(event);
  });
}
