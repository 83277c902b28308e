/** A rate that falls from `first` to `last` by half a cosine (Loshchilov and Hutter, arXiv 1608.03983). @param share of the steps done */
export const halfCosine = (first: number, last: number, share: number): number =>
  last + ((first - last) * (1 + Math.cos(Math.PI * share))) / 2;
