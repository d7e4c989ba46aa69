#!/bin/sh
# photoz on PBS (OpenPBS, PBS Professional, Torque), over as many time limits as it takes: like slurm.sbatch, but PBS lets a
# job not requeue itself everywhere, so each job that is not finished submits the next. Written after the manuals; there was
# no PBS to try it on. Edit the lines below, or give the variables with qsub -v:
#
#   qsub -l select=4:ncpus=64:mpiprocs=64 -v PHOTOZ_DATA=/scratch/survey,PHOTOZ_OUTPUT=/scratch/results launch/pbs.sh
#
# On Torque: -l nodes=4:ppn=64 in place of -l select.
#PBS -N photoz
#PBS -l select=1:ncpus=2:mpiprocs=2
#PBS -l walltime=04:00:00
#PBS -j oe
set -u
cd "$PBS_O_WORKDIR" || exit 1

: "${PHOTOZ:=photoz}"              # the program; may be "apptainer run photoz.sif"
: "${PHOTOZ_WEIGHTS:=weights.h5}"
: "${PHOTOZ_DATA:=survey}"
: "${PHOTOZ_OUTPUT:=results}"
: "${PHOTOZ_OPTIONS:=}"            # more options of photoz run, such as --deadline 600 --precision int8
: "${PHOTOZ_SECONDS:=14100}"       # stop after this: the walltime without five minutes, as PBS gives no early signal
: "${PHOTOZ_SCRIPT:=launch/pbs.sh}" # this script, for the next job
: "${PHOTOZ_QSUB:=}"               # options of qsub for the next job, such as -l select=4:ncpus=64:mpiprocs=64
: "${PHOTOZ_FRUITLESS:=3}"         # give up after so many jobs in a row in which no galaxy was finished

# Settings of Open MPI: slurm.sbatch says why. Those that are in the environment stay.
setting() { eval "export OMPI_MCA_$1=\"\${OMPI_MCA_$1:-$2}\""; }
setting oob_tcp_keepalive_time 20
setting oob_tcp_keepalive_intvl 5
setting oob_tcp_keepalive_probes 6
setting odls_base_sigkill_timeout 3
: "${PMIX_MCA_gds:=hash}"
export PMIX_MCA_gds
setting hwloc_base_binding_policy core
setting rmaps_base_mapping_policy core

say() { printf 'pbs.sh: %s\n' "$*"; }

# Findings that all attempts have stored: they grow with each one that finishes a galaxy.
finished() {
    # shellcheck disable=SC2086
    found=$($PHOTOZ status --json "$PHOTOZ_OUTPUT" 2>/dev/null | sed -n 's/.*"findings_stored" : \([0-9][0-9]*\).*/\1/p')
    echo "${found:-0}"
}

count="${PHOTOZ_OUTPUT%/}.attempts"
before=$(finished)
# An Open MPI built without PBS support needs to be told the hosts.
hosts=
ompi_info --parsable 2>/dev/null | grep -q '^mca:ras:tm:' || hosts="--hostfile $PBS_NODEFILE"
# USR1 goes through mpirun to the ranks, which finish a batch and end with code 75. Ranks that do not are killed after
# three minutes.
# shellcheck disable=SC2086
timeout --foreground --preserve-status --signal=USR1 --kill-after=180 "$PHOTOZ_SECONDS" \
    mpirun $hosts $PHOTOZ run --resume --weights "$PHOTOZ_WEIGHTS" --data $PHOTOZ_DATA --output "$PHOTOZ_OUTPUT" \
    $PHOTOZ_OPTIONS &
job=$!
# qdel and pre-emption; timeout passes it on. A job that somebody deletes submits no other.
deleted=
trap 'deleted=1; kill -TERM "$job"' TERM
while wait "$job"; code=$?; [ "$code" -gt 128 ] && kill -0 "$job" 2>/dev/null; do :; done

case $code in
0) rm -f "$count" ;;
# Stopped, or ranks were lost; a rank was killed; stopped while it started; mpirun has lost a node.
75 | 9 | 137 | 138 | 205)
    [ -z "$deleted" ] || exit "$code"
    fruitless=0
    if [ "$(finished)" -le "$before" ]; then fruitless=$(($(cat "$count" 2>/dev/null || echo 0) + 1)); fi
    echo "$fruitless" >"$count"
    if [ "$fruitless" -ge "$PHOTOZ_FRUITLESS" ]; then
        rm -f "$count"
        say "no galaxy was finished in $fruitless jobs: no other is submitted. What is wrong stands above."
        exit "$code"
    fi
    export PHOTOZ PHOTOZ_WEIGHTS PHOTOZ_DATA PHOTOZ_OUTPUT PHOTOZ_OPTIONS PHOTOZ_SECONDS PHOTOZ_SCRIPT PHOTOZ_QSUB \
        PHOTOZ_FRUITLESS
    # shellcheck disable=SC2086
    say "not finished (exit code $code): goes on as $(qsub -V $PHOTOZ_QSUB "$PHOTOZ_SCRIPT")"
    ;;
esac
exit "$code"
