// What the build puts in: style sheets and sentences as text, addresses of the sprites.
declare module "*.css" {
  const text: string;
  export default text;
}
declare module "locale:*" {
  const text: string;
  export default text;
}
declare const SPRITE: string;
declare const ART: string;
