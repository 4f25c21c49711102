pragma circom 2.1.6;

include "poseidon.circom";

// The statement, in words:
//
//   "I know a secret whose commitment is a leaf of the Merkle tree with this root; this nullifier is the one
//    that belongs to my secret in this scope; and I say all that about this message and no other."
//
// Nothing else leaves the prover: not the secret, not the commitment, not the leaf's position.
//
// Three hashes are used, and each has a width of its own, so that a value made for one purpose can never pass
// for a value made for another (Poseidon of a different width is a different permutation):
//
//   commitment = Poseidon(secret)                       one input
//   node       = Poseidon(left, right)                  two inputs
//   nullifier  = Poseidon(NULLIFIER_TAG, scope, secret) three inputs
//
// The tag belongs to this statement alone. Another circuit that takes the same secret under the same scope
// must use another tag, so that the two nullifiers cannot be linked.

function NULLIFIER_TAG() {
    // The text "gridworks/tier-membership/nullifier/v1", hashed to the field as `hashToField` does it.
    return 226396280669860356260773050815731363221716678934105520768545814448489547149;
}

template TierMembership(depth) {
    // Public, in this order. All four are inputs, because outputs would be moved in front of them.
    signal input root;      // of the tree of one tier's members
    signal input nullifier; // the same secret in the same scope always gives the same one
    signal input scope;     // what may be done once: a purpose and an epoch, hashed to the field
    signal input message;   // what the proof is about, hashed to the field

    // Private.
    signal input secret;
    signal input siblings[depth]; // from the leaf's neighbour upwards
    signal input pathBits[depth]; // 0: the node on our path is the left child; 1: the right one

    signal nodes[depth + 1];
    signal lefts[depth];
    signal rights[depth];
    component parents[depth];

    // The path starts at the commitment of the secret. Because the leaf is computed here and not taken as an
    // input, nobody can start from a leaf whose secret they do not know. Because the number of levels is
    // fixed, nobody can pass an inner node off as a leaf.
    component commitment = Poseidon(1);
    commitment.inputs[0] <== secret;
    nodes[0] <== commitment.out;

    for (var level = 0; level < depth; level++) {
        // A path bit is a bit. With any other field element the two selections below would blend node and
        // sibling into children of the prover's choosing, and a path to the root could be made up.
        pathBits[level] * (pathBits[level] - 1) === 0;

        // The bit puts node and sibling in order: one multiplication chooses the left child; the right child
        // is the other one of the two, because their sum does not depend on the order.
        lefts[level] <== nodes[level] + pathBits[level] * (siblings[level] - nodes[level]);
        rights[level] <== nodes[level] + siblings[level] - lefts[level];

        parents[level] = Poseidon(2);
        parents[level].inputs[0] <== lefts[level];
        parents[level].inputs[1] <== rights[level];
        nodes[level + 1] <== parents[level].out;
    }

    // The path ends at the public root: the commitment is a member of that tree.
    root === nodes[depth];

    // The nullifier is a function of scope and secret, the same secret that was committed to. A member has
    // no choice in it, which is what makes a second use visible; and without the secret it cannot be matched
    // with the commitment or with the same member's nullifier in another scope.
    component mark = Poseidon(3);
    mark.inputs[0] <== NULLIFIER_TAG();
    mark.inputs[1] <== scope;
    mark.inputs[2] <== secret;
    nullifier === mark.out;

    // Nothing above depends on the message. A public input that takes part in no constraint can be exchanged
    // in a finished proof without the proof noticing; its square gives the message a part, and so binds it.
    signal messageSquared;
    messageSquared <== message * message;
}

component main {public [root, nullifier, scope, message]} = TierMembership(16);
