/** Brands that browsers call themselves by so that nobody relies on the list. */
const GREASE = /not.?a.?brand/i;

interface Brands {
  readonly userAgentData?: { readonly brands: readonly { readonly brand: string; readonly version: string }[] };
}

/** The browser with its version, as far as it says so: `Chromium 153`. */
export function browserName(): string {
  const { userAgentData } = navigator as Navigator & Brands;
  const brands = userAgentData?.brands.filter(({ brand }) => !GREASE.test(brand)) ?? [];
  const [first] = brands;
  return first === undefined ? navigator.userAgent : `${first.brand} ${first.version}`;
}
