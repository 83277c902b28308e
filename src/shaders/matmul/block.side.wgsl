// One operand of `block`: how an invocation loads its part of a tile and keeps it in workgroup memory. SIDE is a or b; the operand's
// LENGTH rows or columns and DEPTH positions are loaded by THREADS invocations.
#needs SIDE = a
#needs LENGTH = 64
#needs DEPTH = 16
#needs THREADS = 64
// 1: neighbours in memory are neighbours along the depth; 0: they are rows or columns.
#needs ALONG = 1
// 1: four neighbours are loaded at once.
#needs VEC4 = 0
// 1: elements that an invocation loads are no fixed distance apart.
#needs EACH = 0
#const UNIT = 1 + 3 * VEC4
#const LOADS = LENGTH * DEPTH / UNIT / THREADS
// Invocations side by side along the neighbours, and how far apart the loads of one invocation are across them.
#const BESIDE = (ALONG * DEPTH + (1 - ALONG) * LENGTH) / UNIT
#const APART = THREADS / BESIDE
// vec4s of a tile for each position: one more where it is filled across them, so that invocations meet in fewer memory banks.
#const PITCH = LENGTH / 4 + ALONG
#if VEC4
alias Element_${SIDE} = vec4f;
#else
alias Element_${SIDE} = f32;
#end

var<workgroup> tile_${SIDE}: array<vec4f, ${DEPTH * PITCH}>;

/// What an invocation loads at once of a tile.
struct Part_${SIDE} {
#for i in 0..LOADS
  e${i}: Element_${SIDE},
#end
}

/// Where an invocation's part lies: its first row or column and position of the depth, and its first place in the tile.
struct Share_${SIDE} {
  row: u32,
  k: u32,
  to: u32,
  component: u32,
}

fn share_${SIDE}(lane: u32) -> Share_${SIDE} {
  let beside = lane % ${BESIDE}u * ${UNIT}u;
  let across = lane / ${BESIDE}u % ${APART}u;
#if ALONG
  return Share_${SIDE}(across, beside, beside * ${PITCH}u + across / 4u, across % 4u);
#else
  return Share_${SIDE}(beside, across, across * ${PITCH}u + beside / 4u, beside % 4u);
#end
}

/// Loads a share of the tile from row or column `first` and position `k` of a segment on; zeros where there is nothing.
fn load_part_${SIDE}(first: u32, k: u32, share: Share_${SIDE}) -> Part_${SIDE} {
  let end = segment_depth();
#if EACH
#for i in 0..LOADS
  let place${i} = place_${SIDE}(first + share.row + ${i * ALONG * APART}u, k + share.k + ${i * (1 - ALONG) * APART}u);
  let at${i} = place${i}.at;
  let exists${i} = place${i}.exists && k + share.k + ${i * (1 - ALONG) * APART}u < end;
#end
#else
  let place = place_${SIDE}(first + share.row, k + share.k);
#if ALONG
  let apart = apart_${SIDE}() * ${APART}u / ${UNIT}u;
  let exists = place.exists && k + share.k < end;
#else
  let apart = depth_${SIDE}() * ${APART}u / ${UNIT}u;
#end
#for i in 0..LOADS
  let at${i} = place.at / ${UNIT}u + ${i}u * apart;
#if ALONG
  let exists${i} = exists;
#else
  let exists${i} = place.exists && k + share.k + ${i * APART}u < end;
#end
#end
#end
  var part: Part_${SIDE};
#for i in 0..LOADS
  part.e${i} = select(Element_${SIDE}(), load_${SIDE}(at${i}), exists${i});
#end
  return part;
}

/// Keeps a share in the tile.
fn keep_part_${SIDE}(part: Part_${SIDE}, share: Share_${SIDE}) {
#for i in 0..LOADS
#if ALONG
#for j in 0..UNIT
#if VEC4
  tile_${SIDE}[share.to + ${j * PITCH + i * APART / 4}u][share.component] = part.e${i}[${j}];
#else
  tile_${SIDE}[share.to + ${i * APART / 4}u][share.component] = part.e${i};
#end
#end
#else
#if VEC4
  tile_${SIDE}[share.to + ${i * APART * PITCH}u] = part.e${i};
#else
  tile_${SIDE}[share.to + ${i * APART * PITCH}u][share.component] = part.e${i};
#end
#end
#end
}
