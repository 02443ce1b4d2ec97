# The ladder as src/adapters/ffmpeg/command.cc asks for it, for the scripts that measure against it. Sourced, not run.

# source.mp4: so many seconds of 1080p with noise, and a tone.
make_source() {
  ffmpeg -v error -nostdin -f lavfi -i "testsrc2=s=1920x1080:r=24:d=$1" -f lavfi -i "sine=d=$1" \
    -vf noise=alls=6:allf=t -c:v libx264 -preset ultrafast -crf 20 -g 48 -pix_fmt yuv420p \
    -c:a aac source.mp4
}

rung() {  # name height maxrate-kbit
  echo -map "[$1]" -fps_mode passthrough -c:v libx264 -preset veryfast -threads 2 -crf 23 \
    -maxrate "$3k" -bufsize "$((2 * $3))k" -profile:v high -pix_fmt yuv420p -g 96 -keyint_min 96 \
    -sc_threshold 0 -bf 2 -x264-params stitchable=1 -avoid_negative_ts disabled -muxdelay 0 \
    -video_track_timescale 12288 -map_metadata -1 -map_chapters -1 \
    -movflags +cmaf+frag_keyframe+frag_discont+delay_moov -f mp4 "$2.mp4"
}

# Four rungs, or with the word "five" the one of 240 lines too.
ladder() {
  local smallest='[v3]' more=()
  if [[ ${1:-} == five ]]; then
    smallest=',split=2[v3][s3];[s3]scale=426:240,setsar=1[v4]'
    # shellcheck disable=SC2207  # Words on purpose.
    more=($(rung v4 240 400))
  fi
  local graph="[0:0]fps=fps=24/1,trim=start_pts=0,scale=1920:1080,setsar=1,format=yuv420p"
  graph+=",split=2[v0][s0];[s0]scale=1280:720,setsar=1,split=2[v1][s1]"
  graph+=";[s1]scale=854:480,setsar=1,split=2[v2][s2];[s2]scale=640:360,setsar=1$smallest"
  # shellcheck disable=SC2046  # Words on purpose.
  ffmpeg -v error -nostdin -y -filter_complex_threads 2 -copyts -threads 2 -f mov \
    -protocol_whitelist file -i source.mp4 -filter_complex "$graph" \
    $(rung v0 1080 5000) $(rung v1 720 2800) $(rung v2 480 1400) $(rung v3 360 800) "${more[@]}" \
    -map 0:1 -af aresample=48000:async=1:first_pts=0 -c:a aac -b:a 128k -ac 2 -ar 48000 \
    -frag_duration 4000000 -map_metadata -1 -map_chapters -1 \
    -movflags +delay_moov+default_base_moof -f mp4 sound.mp4
}

# The CPU seconds of a command.
cpu() {
  local TIMEFORMAT='%U %S'
  { time "$@" >/dev/null 2>errors; } 2>&1 | awk '{print $1 + $2}'
}
